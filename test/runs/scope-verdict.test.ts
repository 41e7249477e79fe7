import { expect, test } from 'vitest';
import { LineageError } from '../../src/errors.ts';
import { scopeVerdict } from '../../src/runs/scope-verdict.ts';

function failed(error: string, code?: string): LineageError {
  const cause = Object.assign(new Error('no'), code === undefined ? {} : { code });
  return new LineageError('partialExport', 'It failed.', { cause, details: { error } });
}

test.each<[string, unknown, boolean, string | undefined]>([
  ['nothing', undefined, false, 'complete'],
  ['a Region without an endpoint', failed('Error', 'ENOTFOUND'), false, 'unsupported'],
  // The name may be known another time.
  ['a resolver that does not answer', failed('Error', 'EAI_AGAIN'), false, 'failed'],
  ['a Region without lineage', failed('UnknownOperationException'), false, 'unsupported'],
  [
    'a session that STS knows and the Region does not',
    failed('UnrecognizedClientException'),
    true,
    'unsupported',
  ],
  [
    'credentials that nobody knows',
    new LineageError('accessDenied', 'no', { details: { error: 'UnrecognizedClientException' } }),
    false,
    'denied',
  ],
  ['a role that is denied', new LineageError('accessDenied', 'no'), false, 'denied'],
  ['another account than was said', new LineageError('usage', 'no'), false, 'failed'],
  ['an interruption', new LineageError('interrupted', 'no'), false, undefined],
  ['a deadline', new LineageError('deadline', 'no'), false, undefined],
  ['a full disk', new LineageError('unexpected', 'no'), false, undefined],
  ['a defect', new TypeError('no'), false, undefined],
])('the verdict on a scope that ended by %s', (_, error, isIdentified, verdict) => {
  expect(scopeVerdict({ error, isIdentified })?.verdict).toBe(verdict);
});
