import { expect, test } from 'vitest';
import { LineageError } from '../../src/errors.ts';
import {
  createTally,
  listingReport,
  NO_COUNTS,
  reportedError,
  type Tally,
} from '../../src/runs/listing-tally.ts';

const tally = (members: Partial<Tally> = {}): Tally => ({ ...createTally('artifact'), ...members });

test.each([
  ['complete', 5, 5, 0],
  ['complete', 5, 8, 3],
  ['failed', 4, 7, 2],
  ['denied', 0, 1, 0],
  ['stopped', 4, 4, 0],
] as const)('a %s listing of %i pages in %i calls repeated %i of them', (verdict, pages, calls, retries) => {
  expect(
    listingReport(tally({ verdict, counts: { ...NO_COUNTS, pages, calls }, error: new Error('why') }))
      .retries,
  ).toBe(retries);
});

test('a listing that never started is reported as stopped, without a time or an error', () => {
  expect(listingReport(tally())).toEqual({
    verdict: 'stopped',
    operation: 'ListArtifacts',
    pages: 0,
    records: 0,
    calls: 0,
    throttles: 0,
    retries: 0,
    seconds: 0,
    alteredTexts: 0,
    duplicates: 0,
    filtered: 0,
  });
});

test('the error of a listing is reported with what a user needs, and without its stack', () => {
  const own = new LineageError('accessDenied', 'refused', {
    hint: 'ask',
    details: { page: 1 },
    cause: 'secret',
  });

  expect(reportedError(own)).toEqual({
    outcome: 'accessDenied',
    message: 'refused',
    hint: 'ask',
    details: { page: 1 },
  });
  expect(reportedError(new LineageError('usage', 'bare'))).toEqual({
    outcome: 'usage',
    message: 'bare',
    details: {},
  });
  expect(reportedError(new TypeError('defect'))).toEqual({
    outcome: 'unexpected',
    message: 'TypeError: defect',
    details: {},
  });
});
