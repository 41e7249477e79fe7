import type { Manifest } from './manifest.ts';

/** What decides which columns the vertices of a run have; see the manifest. */
export type RunColumns = {
  readonly detail: Manifest['detail'];
  readonly tags: boolean;
  /** `properties.team` */
  readonly promoted: readonly string[];
};

export function columnsOf({ detail, tags, promoted }: Pick<Manifest, keyof RunColumns>): RunColumns {
  return { detail, tags, promoted: promoted.map(({ column }) => column) };
}

/**
 * What the vertices of one run have, and those of another have not: the values would be taken out of the graph if the second
 * took the place of the first.
 *
 * @returns as the flags that ask for it: `--detail full`, `--tags`, `--promote properties.team`
 */
export function columnsLost(before: RunColumns, after: RunColumns): readonly string[] {
  const promoted = before.promoted.filter((column) => !after.promoted.includes(column));
  return [
    ...(before.detail === 'full' && after.detail !== 'full' ? ['--detail full'] : []),
    ...(before.tags && !after.tags ? ['--tags'] : []),
    ...(promoted.length === 0 ? [] : [`--promote ${promoted.join(',')}`]),
  ];
}

/** Whether two runs have the same columns, of the same types: only then does a row that is the same mean the same vertex. */
export function haveSameColumns(
  a: Pick<Manifest, keyof RunColumns>,
  b: Pick<Manifest, keyof RunColumns>,
): boolean {
  const key = ({ detail, tags, promoted }: Pick<Manifest, keyof RunColumns>) =>
    JSON.stringify([detail, tags, promoted.map(({ column, type }) => `${column} ${type}`).sort()]);
  return key(a) === key(b);
}
