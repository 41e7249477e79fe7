import { describe, expect, test } from 'vitest';
import { LineageError } from '../../src/errors.ts';
import {
  attemptError,
  isLostReply,
  serviceErrorFields,
  transportError,
} from '../../src/neptune/service-errors.ts';

/* The shapes that the AWS clients and Node give, as seen from real ones in loader-errors.test.ts and upload.test.ts. */

const ATTEMPT = {
  doing: 'do it',
  where: 'https://host:8182',
  outcome: 'loadFailed',
  details: { id: 1 },
} as const;

function failure(name: string, members: object = {}): Error {
  return Object.assign(new Error('the words'), { name }, members);
}

const withCode = (code: string) => failure('Error', { code });
const withStatus = (httpStatusCode: number) => failure('Error', { $metadata: { httpStatusCode } });

describe('serviceErrorFields', () => {
  test('prefers the message that Neptune wrote to the one that the client made up', () => {
    const error = Object.assign(new Error('UnknownError'), {
      name: 'BadRequestException',
      detailedMessage: 'what is wrong',
      $metadata: { httpStatusCode: 400, requestId: 'r-1' },
    });

    expect(serviceErrorFields(error)).toEqual({
      name: 'BadRequestException',
      message: 'what is wrong',
      status: 400,
      requestId: 'r-1',
      code: undefined,
    });
  });

  test.each([
    ['a text', 'a text'],
    [undefined, 'undefined'],
    [null, 'null'],
  ])('takes %s that was thrown in place of an error', (thrown, message) => {
    expect(serviceErrorFields(thrown)).toMatchObject({ name: 'Error', message });
  });

  test('takes no number for a code', () => {
    expect(serviceErrorFields(failure('Error', { code: 42 })).code).toBeUndefined();
  });
});

/** What the SDK's handler throws where no connection comes about in time. */
const notConnected = () =>
  Object.assign(new Error('Socket timed out without establishing a connection within 10000 ms'), {
    name: 'TimeoutError',
  });

describe('isLostReply', () => {
  test.each([
    withCode('ECONNRESET'),
    withCode('EPIPE'),
    withCode('ETIMEDOUT'),
    withCode('ERR_STREAM_PREMATURE_CLOSE'),
    failure('SyntaxError'),
    failure('TimeoutError'),
    withStatus(502),
    withStatus(503),
    withStatus(504),
  ])('the service may have done it: %o', (error) => {
    expect(isLostReply(error)).toBe(true);
  });

  test.each([
    // Nothing was sent over these, or the service said no.
    withCode('ECONNREFUSED'),
    notConnected(),
    withCode('ENOTFOUND'),
    withCode('CERT_HAS_EXPIRED'),
    withStatus(500),
    withStatus(400),
    withStatus(429),
    failure('AbortError'),
    failure('InternalFailureException'),
  ])('the service has not done it: %o', (error) => {
    expect(isLostReply(error)).toBe(false);
  });
});

describe('transportError', () => {
  test.each([
    ['ENOTFOUND', 'no such host'],
    ['EAI_AGAIN', 'the name of the host could not be looked up'],
    ['ECONNREFUSED', 'nothing listens there'],
    ['ECONNRESET', 'the connection broke'],
    ['EPIPE', 'the connection broke'],
    ['ERR_STREAM_PREMATURE_CLOSE', 'the connection broke'],
    ['ETIMEDOUT', 'the host does not answer'],
    ['EHOSTUNREACH', 'no way leads to the host'],
    ['ENETUNREACH', 'no way leads to the network of the host'],
  ])('%s: %s', (code, reason) => {
    expect(transportError(withCode(code), ATTEMPT)).toMatchObject({
      outcome: 'loadFailed',
      message: `Cannot do it at https://host:8182: ${reason} (${code}).`,
      hint: expect.stringContaining('VPC'),
    });
  });

  test('a connection that does not come about is a host that does not answer', () => {
    expect(transportError(notConnected(), ATTEMPT)).toMatchObject({
      message: 'Cannot do it at https://host:8182: the host does not answer (ETIMEDOUT).',
    });
  });

  test.each([
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'HOSTNAME_MISMATCH',
    'EPROTO',
  ])('%s is a matter of TLS', (code) => {
    expect(transportError(withCode(code), ATTEMPT)).toMatchObject({
      message: `Cannot do it at https://host:8182: TLS failed (${code}: the words).`,
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
  });

  test.each([
    ['AbortError', 'interrupted'],
    ['CredentialsProviderError', 'accessDenied'],
    ['TokenProviderError', 'accessDenied'],
    ['SyntaxError', 'loadFailed'],
  ])('%s ends as %s', (name, outcome) => {
    expect(transportError(failure(name), ATTEMPT)).toMatchObject({ outcome, cause: { name } });
  });

  test('leaves what the service answered to others, and our own errors as they are', () => {
    const own = new LineageError('usage', 'told');

    expect(transportError(failure('BadRequestException', { $metadata: {} }), ATTEMPT)).toBeUndefined();
    expect(transportError(withCode('ENOENT'), ATTEMPT)).toBeUndefined();
    expect(transportError(own, ATTEMPT)).toBe(own);
  });
});

test('an attempt that failed is told in one sentence, with the ids that support asks for', () => {
  const cause = failure('S3Exception', { $metadata: { httpStatusCode: 400, requestId: 'r-1' } });

  expect(attemptError(cause, ATTEMPT, 'usage', 'for a reason...', 'Do that.')).toMatchObject({
    outcome: 'usage',
    message: 'Cannot do it at https://host:8182: for a reason.',
    hint: 'Do that.',
    details: { id: 1, error: 'S3Exception', status: 400, requestId: 'r-1' },
    cause,
  });
  expect(attemptError(failure('X'), ATTEMPT, 'usage', 'r', 'h').details).toEqual({ id: 1, error: 'X' });
});
