import type { Direction } from '@aws-sdk/client-sagemaker';
import { kindOfArn } from '../../graph/arn.ts';
import type { Account } from './account.ts';

/** What can be reached from an entity. */
export type Walk = {
  readonly start: number;
  /** Fewest associations from the start, by entity, in the order of visits; the start itself has 0. */
  readonly depths: ReadonlyMap<number, number>;
  /** Ids of the associations that were followed, whether they led to anything new or not. */
  readonly followed: ReadonlySet<number>;
};

/**
 * Breadth-first over associations. `Both` goes on both ways from every entity that it visits, not only from the start
 * (Developer Guide, querying-lineage-entities). Experiments have no LineageType and are left out.
 */
export function walk(account: Account, start: number, direction: Direction, maxDepth: number): Walk {
  const depths = new Map([[start, 0]]);
  const followed = new Set<number>();
  for (const [node, depth] of depths) {
    if (depth >= maxDepth) break;
    for (const [association, next] of steps(account, node, direction)) {
      if (isExperiment(account, next)) continue;
      followed.add(association);
      if (!depths.has(next)) depths.set(next, depth + 1);
    }
  }
  return { start, depths, followed };
}

/**
 * The start, the given entities, and those on the ways that led from the start to them: any way down or up; going both
 * ways, where every way could wander, the shortest ones only.
 */
export function onTheWay(
  account: Account,
  { start, depths, followed }: Walk,
  direction: Direction,
  ends: readonly number[],
): Set<number> {
  const { associations } = account;
  const before = new Map<number, number[]>();
  const step = (from: number, to: number) => {
    if (direction === 'Both' && depths.get(to) !== (depths.get(from) ?? 0) + 1) return;
    const others = before.get(to);
    if (others === undefined) before.set(to, [from]);
    else others.push(from);
  };
  for (const id of followed) {
    const [source, destination] = [associations.from(id), associations.to(id)];
    if (direction !== 'Ascendants') step(source, destination);
    if (direction !== 'Descendants') step(destination, source);
  }
  const kept = new Set([start, ...ends]);
  for (const node of kept) {
    for (const previous of before.get(node) ?? []) kept.add(previous);
  }
  return kept;
}

function* steps(
  account: Account,
  node: number,
  direction: Direction,
): Generator<[association: number, next: number]> {
  const { associations } = account;
  if (direction !== 'Ascendants') {
    for (const id of associations.leaving(node)) yield [id, associations.to(id)];
  }
  if (direction !== 'Descendants') {
    for (const id of associations.reaching(node)) yield [id, associations.from(id)];
  }
}

function isExperiment(account: Account, node: number): boolean {
  const kind = account.entities.record(node)?.kind ?? kindOfArn(account.entities.arn(node));
  return kind === 'experiment';
}
