/** Values that are dear to work out and hold until the account changes. */
export type Memo = {
  get<Value>(key: string, build: () => Value): Value;
  clear(): void;
};

/** The `limit` values used last are kept: a listing of a million ids is 4 MB. @default 64, some per worker of a crawl */
export function createMemo(limit = 64): Memo {
  const values = new Map<string, unknown>();
  return {
    get<Value>(key: string, build: () => Value) {
      const value = values.has(key) ? (values.get(key) as Value) : build();
      values.delete(key);
      values.set(key, value);
      const [oldest] = values.keys();
      if (values.size > limit && oldest !== undefined) values.delete(oldest);
      return value;
    },
    clear() {
      // A bulk load clears for every record, and clearing an empty map costs more than adding the record.
      if (values.size > 0) values.clear();
    },
  };
}
