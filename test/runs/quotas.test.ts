import { expect, test } from 'vitest';
import { quotaNotes } from '../../src/runs/quotas.ts';

test.each([
  ['artifact', 4_799, 4_800, '6000'],
  ['context', 399, 400, '500'],
  ['action', 2_399, 2_400, '3000'],
  ['association', 4_799, 4_800, '6000'],
])('a note tells that the quota of %ss is near, from four fifths on', (kind, below, from, quota) => {
  const none = { artifact: 0, context: 0, action: 0, association: null };

  expect(quotaNotes({ ...none, [kind]: below })).toEqual([]);
  expect(quotaNotes({ ...none, [kind]: from })).toEqual([
    `The account has ${from} ${kind}s; callers may create ${quota}, not counting those that SageMaker makes itself.`,
  ]);
});
