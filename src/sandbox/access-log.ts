/** One request that the sandbox answered. */
export type Access = {
  /** When it came, epoch milliseconds. */
  readonly time: number;
  readonly service: string;
  readonly operation: string;
  /** Zero where the socket was dropped without a reply. */
  readonly status: number;
  /** The fault that was played on it. */
  readonly fault?: string;
  readonly milliseconds: number;
  /** Size of the reply's body. */
  readonly bytes: number;
};

/** Requests by `service.operation` (`s3.PutObject`), then by HTTP status. */
export type AccessCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What the sandbox was asked: counts of all requests, whatever their number. */
export type AccessLog = {
  record(access: Access): void;
  /** A copy, sorted by name. */
  counts(): AccessCounts;
  /** Requests of one service, or of one of its operations, whatever the status. */
  calls(service: string, operation?: string): number;
  clear(): void;
};

/** An empty log; `onAccess` hears of every request as it is answered. */
export function createAccessLog(onAccess?: (access: Access) => void): AccessLog {
  const statusesByName = new Map<string, Map<number, number>>();

  return {
    record(access) {
      const name = `${access.service}.${access.operation}`;
      const statuses = statusesByName.get(name) ?? new Map<number, number>();
      statuses.set(access.status, (statuses.get(access.status) ?? 0) + 1);
      statusesByName.set(name, statuses);
      onAccess?.(access);
    },
    counts() {
      const names = [...statusesByName.keys()].sort();
      return Object.fromEntries(
        names.map((name) => [name, Object.fromEntries(statusesByName.get(name) ?? [])]),
      );
    },
    calls(service, operation) {
      const wanted = [...statusesByName].filter(([name]) =>
        operation === undefined ? name.startsWith(`${service}.`) : name === `${service}.${operation}`,
      );
      return wanted.flatMap(([, statuses]) => [...statuses.values()]).reduce((sum, count) => sum + count, 0);
    },
    clear() {
      statusesByName.clear();
    },
  };
}
