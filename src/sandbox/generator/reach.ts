/** What is behind each entity, kept up to date as associations come: no search is ever made. */
export type Reach = {
  link(source: string, destination: string): void;
  /** All entities upstream, over any number of associations; itself only where a cycle leads back to it. */
  behind(arn: string): ReadonlySet<string>;
};

export function createReach(): Reach {
  const behind = new Map<string, Set<string>>();
  const ahead = new Map<string, string[]>();

  /** What an entity gains, all that follow it gain; a cycle ends where nothing is new. */
  function add(arn: string, gained: readonly string[]): void {
    const known = behind.get(arn) ?? new Set();
    behind.set(arn, known);
    const fresh = gained.filter((other) => !known.has(other));
    if (fresh.length === 0) return;
    for (const other of fresh) known.add(other);
    for (const next of ahead.get(arn) ?? []) add(next, fresh);
  }

  return {
    link(source, destination) {
      const followers = ahead.get(source);
      if (followers === undefined) ahead.set(source, [destination]);
      else followers.push(destination);
      add(destination, [source, ...(behind.get(source) ?? [])]);
    },
    behind: (arn) => behind.get(arn) ?? new Set(),
  };
}
