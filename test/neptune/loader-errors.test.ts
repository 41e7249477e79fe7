import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { GetLoaderJobStatusCommand, NeptunedataClient } from '@aws-sdk/client-neptunedata';
import { describe, expect, test } from 'vitest';
import { LineageError } from '../../src/errors.ts';
import { neptuneClient } from '../../src/neptune/clients.ts';
import { neptuneError } from '../../src/neptune/loader-errors.ts';
import { CREDENTIALS, errorOf, neptuneFailure, type Reply, scriptedServer } from './scripted-server.ts';

const ATTEMPT = { doing: 'do it', outcome: 'loadFailed' } as const;

/** What a user reads when a call fails. */
async function told(client: NeptunedataClient): Promise<LineageError> {
  const error = await errorOf(client.send(new GetLoaderJobStatusCommand({ loadId: 'load-1' })));
  return neptuneError(error, client, ATTEMPT);
}

async function toldOf(reply: Reply): Promise<LineageError & { url: string }> {
  const { client, url } = await scriptedServer(() => reply);
  return Object.assign(await told(client), { url });
}

describe('a refusal of Neptune', () => {
  test.each([
    ['AccessDeniedException', 403, 'accessDenied', /^Allow the caller the needed neptune-db actions/],
    ['MalformedQueryException', 400, 'usage', /no variables, no lambdas/],
    ['ParsingException', 400, 'usage', /no variables, no lambdas/],
    ['InvalidNumericDataException', 400, 'usage', /64 bits/],
    ['BadRequestException', 400, 'loadFailed', /arguments/],
    ['InvalidParameterException', 400, 'usage', /parameter/],
    ['InvalidArgumentException', 400, 'usage', /argument/],
    ['IllegalArgumentException', 400, 'usage', /argument/],
    ['MissingParameterException', 400, 'usage', /Give that parameter/],
    ['QueryTooLargeException', 400, 'usage', /150 MB/],
    ['QueryLimitException', 400, 'usage', /Split the query/],
    ['UnsupportedOperationException', 400, 'usage', /engine cannot do that/],
    ['ReadOnlyViolationException', 400, 'loadFailed', /read replica.*writer endpoint/],
    ['MethodNotAllowedException', 405, 'loadFailed', /read replica.*writer endpoint/],
    ['PreconditionsFailedException', 400, 'loadFailed', /message names/],
    ['ClientTimeoutException', 408, 'deadline', /less at a time/],
    ['CancelledByUserException', 500, 'loadFailed', /cancelled/],
    ['FailureByQueryException', 500, 'loadFailed', /try again/],
    ['TimeLimitExceededException', 500, 'deadline', /neptune_query_timeout/],
    ['MemoryLimitExceededException', 500, 'loadFailed', /larger instance/],
    ['ThrottlingException', 500, 'loadFailed', /busy/],
    ['TooManyRequestsException', 429, 'loadFailed', /busy/],
    ['QueryLimitExceededException', 500, 'loadFailed', /busy/],
    ['ConcurrentModificationException', 500, 'loadFailed', /Another write/],
    ['ConstraintViolationException', 400, 'loadFailed', /Another write/],
    ['ServerShutdownException', 500, 'loadFailed', /restarting/],
    ['LoadUrlAccessDeniedException', 400, 'accessDenied', /rds\.amazonaws\.com/],
    ['S3Exception', 400, 'loadFailed', /S3 endpoint/],
    ['BulkLoadIdNotFoundException', 404, 'usage', /1,024/],
    ['InternalFailureException', 500, 'loadFailed', /engine failed/],
    ['SomethingNewException', 500, 'loadFailed', /request id/],
  ])('%s (HTTP %i) ends as %s, with a remedy', async (code, status, outcome, hint) => {
    const error = await toldOf(neptuneFailure(code, status, 'the very words.'));

    expect(error).toBeInstanceOf(LineageError);
    expect(error.outcome).toBe(outcome);
    expect(error.message).toBe(`Cannot do it at ${error.url}: ${code}: the very words.`);
    expect(error.hint).toMatch(hint);
    expect(error.details).toMatchObject({ error: code, status });
    expect(error.cause).toMatchObject({ name: code });
  });

  test.each([
    [
      'a foreign region',
      neptuneFailure(
        'AccessDeniedException',
        403,
        'Credential should be scoped to a valid Region, not us-east-1.',
      ),
      'accessDenied',
      "Requests are signed for us-east-1: pass the cluster's own region as --region.",
    ],
    [
      'a full queue',
      neptuneFailure('BadRequestException', 400, 'Max concurrent load limit breached. Limit is 1'),
      'loadFailed',
      'Another load is under way, and the queue is full (64 jobs). Wait for it, or cancel what is not needed.',
    ],
    [
      'a start that failed',
      neptuneFailure('InternalFailureException', 500, 'Failed to start load from the source s3://b/p/'),
      'loadFailed',
      expect.stringMatching(/^The three usual reasons/),
    ],
    ['a bare 403', { status: 403, json: {} }, 'accessDenied', expect.stringMatching(/^Allow the caller/)],
  ])('%s is told by its text', async (_, reply, outcome, hint) => {
    expect(await toldOf(reply)).toMatchObject({ outcome, hint });
  });

  test('a body without any message says so', async () => {
    const error = await toldOf({ status: 500, json: {} });

    expect(error.message).toMatch(/: no message\.$/);
  });
});

describe('a failure before Neptune', () => {
  const clientOf = (endpoint: string) =>
    neptuneClient({ endpoint, region: 'us-east-1', credentials: CREDENTIALS });

  test('HTML of a proxy', async () => {
    const error = await toldOf({ html: '<html>Sign in</html>' });

    expect(error).toMatchObject({
      outcome: 'loadFailed',
      hint: 'Check the endpoint, and what stands between here and it.',
    });
    expect(error.message).toContain('the reply is not one of an AWS service');
  });

  test('a port where nothing listens', async () => {
    const port = await freePort();

    expect(await told(clientOf(`http://127.0.0.1:${port}`))).toMatchObject({
      outcome: 'loadFailed',
      message: `Cannot do it at http://127.0.0.1:${port}: nothing listens there (ECONNREFUSED).`,
      hint: expect.stringContaining('only from inside its VPC'),
    });
  });

  test('a host that does not exist', async () => {
    const error = await told(clientOf('no-such-cluster.invalid:8182'));

    expect(error.message).toMatch(
      /^Cannot do it at https:\/\/no-such-cluster\.invalid:8182: (no such host|the name of the host could not be looked up) \(E\w+\)\.$/,
    );
  });

  test('plain HTTP where TLS is spoken to', async () => {
    const { url } = await scriptedServer(() => ({ json: {} }));
    const error = await told(clientOf(url.replace('http:', 'https:')));

    expect(error.message).toMatch(/: TLS failed \((EPROTO|ERR_SSL\w+): /);
    expect(error.hint).toContain('NODE_EXTRA_CA_CERTS');
  });

  test('no credentials', async () => {
    const client = new NeptunedataClient({
      endpoint: 'http://127.0.0.1:1',
      region: 'us-east-1',
      credentials: async () => {
        throw Object.assign(new Error('Could not load credentials from any providers'), {
          name: 'CredentialsProviderError',
        });
      },
    });

    expect(await told(client)).toMatchObject({
      outcome: 'accessDenied',
      message:
        'Cannot do it at http://127.0.0.1:1: there are no AWS credentials (Could not load credentials from any providers).',
    });
  });

  test('an abort', async () => {
    const { client } = await scriptedServer(() => ({ json: {} }));
    const abortSignal = AbortSignal.abort();
    const error = await errorOf(client.send(new GetLoaderJobStatusCommand({ loadId: 'x' }), { abortSignal }));

    expect(await neptuneError(error, client, ATTEMPT)).toMatchObject({ outcome: 'interrupted' });
  });

  test('an error of our own passes as it is', async () => {
    const own = new LineageError('usage', 'already told');

    expect(await neptuneError(own, clientOf('http://127.0.0.1:1'), ATTEMPT)).toBe(own);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
