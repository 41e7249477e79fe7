import { InvalidArgumentError, Option } from 'commander';
import type { ComparedSample, SampleSize } from '../runs/compare-graph.ts';
import type { IdleFlags } from './idle-flags.ts';
import { wholeNumber } from './options.ts';
import { grouped } from './progress.ts';

/** What says nothing where no elements are drawn. */
export const SAMPLE_IDLE: readonly IdleFlags[] = [
  {
    flags: ['verify-seed'],
    where: 'where nothing is drawn: --verify-sample takes all, or none',
    isIdle: ({ verifySample }) => verifySample === 'all' || verifySample === 0,
  },
];

export function verifySampleOption(): Option {
  return new Option(
    '--verify-sample <n|all>',
    'compare so many vertices and so many edges whole, property by property',
  )
    .argParser(sampleSize)
    .default(200);
}

export function verifySeedOption(): Option {
  return new Option(
    '--verify-seed <n>',
    'draw other vertices and edges (default: each run has its own)',
  ).argParser(wholeNumber(0, 2 ** 32 - 1));
}

/** `200 of each compared whole` */
export function comparedText(sample: ComparedSample | null): string {
  const { vertices = 0, edges = 0 } = sample ?? {};
  return `${grouped(vertices)} vertices and ${grouped(edges)} edges whole`;
}

const NUMBER = wholeNumber(0);

function sampleSize(text: string): SampleSize {
  if (text === 'all') return text;
  try {
    return NUMBER(text);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new InvalidArgumentError('Expected a whole number, or all.');
  }
}
