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

/** Distinct things that existed at a time, up to `count`, popular ones far more often than others. */
export function drawDistinct(pool: Pool, count: number, at: number, random: Random): Thing[] {
  const drawn: Thing[] = [];
  const tries = count * 3;
  for (let attempt = 0; attempt < tries && drawn.length < count; attempt += 1) {
    const thing = pool.things[random.rank(pool.things.length)];
    if (thing !== undefined && thing.createdAt <= at && !drawn.includes(thing)) drawn.push(thing);
  }
  return drawn;
}
