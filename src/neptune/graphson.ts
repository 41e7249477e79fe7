/**
 * A value of GraphSON 3 as plain values, typed or not: what `types=false` gives. An engine may answer typed though asked
 * for the plain form, and the two must read the same.
 *
 * Lists and sets become arrays; maps objects, with `id` and `label` for Gremlin's tokens; vertices, edges and paths objects;
 * numbers numbers; dates epoch milliseconds. Integers beyond 2^53 lose digits, as in any JSON reader.
 */
export function plainValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainValue);
  if (!isObject(value)) return value;
  const type = value['@type'];
  if (typeof type !== 'string') return mapValues(value);
  return decodeTyped(type, value['@value']);
}

function decodeTyped(type: string, content: unknown): unknown {
  switch (type) {
    case 'g:Map':
      return Array.isArray(content) ? objectOf(content) : {};
    case 'g:BulkSet':
      return Array.isArray(content) ? bulkSet(content) : [];
    case 'g:VertexProperty':
    case 'g:Property':
      return isObject(content) ? property(content) : content;
    default:
      return plainValue(content);
  }
}

/** Alternating keys and values. */
function objectOf(content: readonly unknown[]): Readonly<Record<string, unknown>> {
  const entries = content.flatMap((key, index) =>
    index % 2 === 0 ? [[keyText(key), plainValue(content[index + 1])] as const] : [],
  );
  return Object.fromEntries(entries);
}

function keyText(key: unknown): string {
  const plain = plainValue(key);
  return typeof plain === 'string' ? plain : JSON.stringify(plain);
}

/** Alternating members and how often each is in. */
function bulkSet(content: readonly unknown[]): readonly unknown[] {
  return content.flatMap((member, index) =>
    index % 2 === 0
      ? Array.from({ length: Number(plainValue(content[index + 1])) }, () => plainValue(member))
      : [],
  );
}

/** The typed form names the property's element as well; the plain one does not. */
function property({ element, ...rest }: Readonly<Record<string, unknown>>): unknown {
  return mapValues(rest);
}

function mapValues(of: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(of).map(([key, member]) => [key, plainValue(member)]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
