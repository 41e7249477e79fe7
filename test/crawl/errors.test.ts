import { expect, test } from 'vitest';
import {
  crawlError,
  isNotFound,
  isSweepRefused,
  isThrottle,
  isTokenRefused,
  stopError,
} from '../../src/crawl/errors.ts';
import { LineageError } from '../../src/errors.ts';

const site = { operation: 'ListArtifacts', page: 7 } as const;

function sdkError(name: string, message: string, metadata: Record<string, unknown> = {}): Error {
  return Object.assign(new Error(message), { name, $metadata: metadata });
}

test.each([
  ['AccessDeniedException', 400, 'accessDenied'],
  ['AccessDenied', 403, 'accessDenied'],
  ['UnrecognizedClientException', 400, 'accessDenied'],
  ['InvalidSignatureException', 403, 'accessDenied'],
  ['CredentialsProviderError', undefined, 'accessDenied'],
  ['ExpiredTokenException', 400, 'partialExport'],
  ['ThrottlingException', 400, 'partialExport'],
  ['Unknown', 429, 'partialExport'],
  ['InternalFailure', 500, 'partialExport'],
  ['ServiceUnavailable', 503, 'partialExport'],
  ['ValidationException', 400, 'partialExport'],
  ['ResourceNotFound', 400, 'partialExport'],
  ['SyntaxError', 200, 'partialExport'],
  ['Error', undefined, 'partialExport'],
])('%s with status %s is %s', (name, httpStatusCode, outcome) => {
  const cause = sdkError(name, 'said the service', { httpStatusCode, requestId: 'request-1', attempts: 2 });

  const error = crawlError(cause, site);

  expect(error.outcome).toBe(outcome);
  expect(error.message).toMatch(/^ListArtifacts failed on page 7: .*said the service/);
  expect(error.hint).not.toBe(undefined);
  expect(error.cause).toBe(cause);
  expect(error.details).toMatchObject({
    operation: 'ListArtifacts',
    page: 7,
    requestId: 'request-1',
    error: name,
  });
});

test('a refusal names the principal and the IAM action that it lacks', () => {
  const refusal =
    'User: arn:aws:sts::111111111111:assumed-role/nightly/job is not authorized to perform: sagemaker:ListArtifacts ' +
    'on resource: arn:aws:sagemaker:us-east-1:111111111111:* because no identity-based policy allows it';

  const error = crawlError(sdkError('AccessDeniedException', refusal, { httpStatusCode: 400 }), site);

  expect(error.message).toBe(
    'ListArtifacts failed on page 7: arn:aws:sts::111111111111:assumed-role/nightly/job may not perform ' +
      `sagemaker:ListArtifacts (AccessDeniedException: ${refusal})`,
  );
  expect(error.details).toMatchObject({
    action: 'sagemaker:ListArtifacts',
    principal: 'arn:aws:sts::111111111111:assumed-role/nightly/job',
  });
});

test('a refusal without text names the action of the operation', () => {
  const error = crawlError(sdkError('AccessDeniedException', ''), site);

  expect(error.details).toMatchObject({ action: 'sagemaker:ListArtifacts', principal: undefined });
});

test('the page and the entity are named where there are any', () => {
  const cause = sdkError('ResourceNotFound', 'gone', { httpStatusCode: 400 });
  const arn = 'arn:aws:sagemaker:us-east-1:111111111111:artifact/a';

  const ofPage = crawlError(cause, { operation: 'ListAssociations', page: 2, arn });
  const ofEntity = crawlError(cause, { operation: 'DescribeArtifact', arn });

  expect(ofPage.message).toMatch(/^ListAssociations failed on page 2 of arn:\S+artifact\/a: /);
  expect(ofPage.details).toEqual({
    operation: 'ListAssociations',
    page: 2,
    arn,
    error: 'ResourceNotFound',
    httpStatusCode: 400,
  });
  expect(ofEntity.message).toMatch(/^DescribeArtifact failed of arn:\S+artifact\/a: /);
  expect(ofEntity.details).not.toHaveProperty('page');
});

const SWEEP = { operation: 'ListAssociations', page: 1 } as const;
const NODE = { ...SWEEP, arn: 'arn:aws:sagemaker:us-east-1:111111111111:artifact/a' };

test.each([
  ['ValidationException', SWEEP, 'the sweep'],
  ['ValidationException', { ...SWEEP, page: 2 }, 'the token'],
  ['ValidationException', { ...NODE, page: 2 }, 'the token'],
  ['ValidationException', { ...site, page: 2 }, 'the token'],
  ['ValidationException', NODE, undefined],
  ['ValidationException', { ...SWEEP, operation: 'ListArtifacts' as const }, undefined],
  ['ValidationException', { operation: 'DescribeArtifact' as const }, undefined],
  ['ThrottlingException', SWEEP, undefined],
  ['AccessDeniedException', SWEEP, undefined],
  ['ResourceNotFound', { ...SWEEP, page: 2 }, undefined],
])('%s at %j refuses %s', (name, where, refused) => {
  const error = crawlError(sdkError(name, 'said', { httpStatusCode: 400 }), where);

  expect([isSweepRefused(error), isTokenRefused(error)]).toEqual([
    refused === 'the sweep',
    refused === 'the token',
  ]);
});

test('only an error of a listing is told to be a refusal or an absence', () => {
  const foreign = [sdkError('ValidationException', ''), sdkError('ResourceNotFound', ''), undefined, 'text'];

  expect(foreign.map((error) => [isSweepRefused(error), isTokenRefused(error), isNotFound(error)])).toEqual(
    foreign.map(() => [false, false, false]),
  );
  expect(isNotFound(crawlError(sdkError('ResourceNotFound', ''), NODE))).toBe(true);
  expect(isNotFound(crawlError(sdkError('ValidationException', ''), NODE))).toBe(false);
});

test('a long reply is not quoted whole', () => {
  const error = crawlError(sdkError('SyntaxError', `${'x'.repeat(5_000)}\nmore`), site);

  expect(error.message.length).toBeLessThan(500);
});

test('an error of our own passes unchanged', () => {
  const own = new LineageError('partialExport', 'as it is');

  expect(crawlError(own, site)).toBe(own);
});

test('an error that is no Error is told all the same', () => {
  expect(crawlError('a thrown text', site).message).toContain('a thrown text');
});

test('what happens under an aborted signal is the abort', () => {
  expect(crawlError(new Error('aborted'), { ...site, signal: AbortSignal.abort() }).outcome).toBe(
    'interrupted',
  );
});

test('a stop takes its outcome from its reason', () => {
  const reason = new LineageError('deadline', 'out of time');

  expect(stopError(reason)).toBe(reason);
  expect(stopError(new DOMException('late', 'TimeoutError')).outcome).toBe('deadline');
  expect(stopError('SIGINT').outcome).toBe('interrupted');
});

test('throttles are told from other errors by name and status', () => {
  expect(isThrottle(sdkError('ThrottlingException', ''))).toBe(true);
  expect(isThrottle(sdkError('Any', '', { httpStatusCode: 429 }))).toBe(true);
  expect(isThrottle(sdkError('ValidationException', '', { httpStatusCode: 400 }))).toBe(false);
  expect(isThrottle('text')).toBe(false);
});
