import type { Random } from './random.ts';
import type { Thing } from './thing.ts';

/** Things that many stories share, the most popular first. Bounded: see `share`. */
export type Pool = { readonly things: Thing[]; readonly capacity: number };

export function createPool(capacity: number): Pool {
  return { things: [], capacity };
}

/** Puts a thing on offer. A full pool forgets one of its less popular half. */
export function share(pool: Pool, thing: Thing, random: Random): void {
  if (pool.things.length < pool.capacity) {
    pool.things.push(thing);
    return;
  }
  const half = pool.capacity >> 1;
  pool.things[half + random.below(pool.capacity - half)] = thing;
}

type Draw = {
  readonly random: Random;
  readonly count: number;
  /** Only things that exist by then, epoch milliseconds. */
  readonly at: number;
  readonly except?: readonly Thing[];
};

/** Distinct things, up to `count`, popular ones far more often than others; fewer where the pool has no more to give. */
export function drawFrom(pool: Pool, { random, count, at, except = [] }: Draw): Thing[] {
  const drawn: Thing[] = [];
  for (let tries = count * 3; tries > 0 && drawn.length < count; tries -= 1) {
    const thing = pool.things[random.rank(pool.things.length)];
    if (thing === undefined || thing.createdAt > at) continue;
    if (!drawn.includes(thing) && !except.includes(thing)) drawn.push(thing);
  }
  return drawn;
}
