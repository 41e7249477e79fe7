import { createHash } from 'node:crypto';
import { z } from 'zod';

const nth = z.int().min(1);

/** When a rule of a fault plan plays, among what it matches. */
export const WHEN = {
  /** The n-th, from 1; several in a list. Without `at`, `every` and `probability`: all of them. */
  at: z.union([nth, z.array(nth).min(1)]).optional(),
  /** Every n-th. */
  every: nth.optional(),
  /** Chance of each that `at` and `every` leave, drawn from the plan's seed. */
  probability: z.number().min(0).max(1).optional(),
  /** At most so often. */
  times: nth.optional(),
};

type Due = { readonly at?: number | number[] | undefined; readonly every?: number | undefined };

/** Whether `at` and `every` mean the count-th. */
export function isDue({ at, every }: Due, count: number): boolean {
  if (at === undefined && every === undefined) return true;
  return [at ?? []].flat().includes(count) || (every !== undefined && count % every === 0);
}

/** A number in [0, 1) that depends on the text alone. */
export function chance(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
}
