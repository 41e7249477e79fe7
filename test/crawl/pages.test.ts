import type { ArtifactSummary } from '@aws-sdk/client-sagemaker';
import { expect, test } from 'vitest';
import { getArtifacts } from '../../src/crawl/artifacts.ts';
import type { ListingOptions, Page } from '../../src/crawl/pages.ts';
import { LineageError } from '../../src/errors.ts';
import { type Answer, type Call, lastPage, page, type Scripted, withScript } from './scripted-sagemaker.ts';

const artifact = (id: number) => ({
  ArtifactArn: `arn:aws:sagemaker:us-east-1:111111111111:artifact/${id}`,
  CreationTime: 1_700_000_000 + id,
});

async function read({ clients }: Scripted, options: ListingOptions = {}): Promise<Page<ArtifactSummary>[]> {
  const pages: Page<ArtifactSummary>[] = [];
  for await (const page of getArtifacts(clients.ListArtifacts, options)) pages.push(page);
  return pages;
}

async function failure(reading: Promise<unknown>): Promise<LineageError> {
  const error = await reading.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LineageError);
  return error as LineageError;
}

test('every page is followed to the end that the service declares', async () => {
  const script = ({ number, input }: Call): Answer => {
    if (number === 1) return page('ListArtifacts', [artifact(1), artifact(2)], 'token-1');
    if (input.NextToken === 'token-1') return page('ListArtifacts', [artifact(3)], 'token-2');
    return lastPage('ListArtifacts', [artifact(4)]);
  };

  const { pages, calls } = await withScript(script, async (scripted) => ({
    pages: await read(scripted),
    calls: scripted.calls,
  }));

  expect(
    pages.map(({ number, requestId, records }) => [number, requestId, records.map((r) => r.ArtifactArn)]),
  ).toEqual([
    [1, 'request-ListArtifacts-1', [artifact(1).ArtifactArn, artifact(2).ArtifactArn]],
    [2, 'request-ListArtifacts-2', [artifact(3).ArtifactArn]],
    [3, 'request-ListArtifacts-3', [artifact(4).ArtifactArn]],
  ]);
  const order = { SortBy: 'CreationTime', SortOrder: 'Ascending', MaxResults: 100 };
  expect(calls.map(({ input }) => input)).toEqual([
    order,
    { ...order, NextToken: 'token-1' },
    { ...order, NextToken: 'token-2' },
  ]);
});

test.each<[string, Answer]>([
  ['an empty list', page('ListArtifacts', [], 'token')],
  ['no list at all', { json: { NextToken: 'token' } }],
])('a page with %s and a token is not the end', async (_, answer) => {
  const script = ({ number }: Call) => (number === 1 ? answer : lastPage('ListArtifacts', [artifact(1)]));

  const pages = await withScript(script, (scripted) => read(scripted));

  expect(pages.map(({ records }) => records.length)).toEqual([0, 1]);
});

test.each([
  { listing: ['a', 'a'], page: 2, what: 'that asked for the page' },
  { listing: ['a', 'b', 'c', 'a'], page: 4, what: 'from earlier pages' },
])('a token $what is an error, not a loop', async ({ listing, page: number }) => {
  const script = (call: Call) =>
    page('ListArtifacts', [artifact(call.number)], listing[call.number - 1] ?? 'x');

  const error = await withScript(script, (scripted) => failure(read(scripted)));

  expect(error).toMatchObject({
    outcome: 'partialExport',
    message: `ListArtifacts gave the same NextToken twice, on page ${number}: the listing would never end.`,
    details: {
      operation: 'ListArtifacts',
      page: number,
      requestId: `request-ListArtifacts-${number}`,
    },
  });
});

test('repeated requests and throttles are counted, pages are told before they are given', async () => {
  const script = ({ number }: Call): Answer => {
    if (number === 1) return { error: 'ThrottlingException', message: 'Rate exceeded' };
    if (number === 2) return { error: 'InternalFailure', status: 500 };
    if (number === 3) return page('ListArtifacts', [artifact(1)], 'token');
    if (number === 4) return 'drop';
    return lastPage('ListArtifacts', [artifact(2)]);
  };
  const seen: unknown[] = [];

  await withScript(script, (scripted) =>
    read(scripted, {
      onCall: ({ throttled }) => seen.push(throttled ? 'throttled' : 'call'),
      onPage: ({ number, records }) => seen.push([number, records.length]),
    }),
  );

  expect(seen).toEqual(['throttled', 'call', 'call', [1, 1], 'call', 'call', [2, 1]]);
});

test('a reply that is no JSON is asked for again, since a proxy may have answered it', async () => {
  const script = ({ number }: Call): Answer =>
    number === 1 ? { text: '<html>proxy</html>' } : lastPage('ListArtifacts', [artifact(1)]);

  const pages = await withScript(script, (scripted) => read(scripted));

  expect(pages.map(({ records }) => records.length)).toEqual([1]);
});

test.each<[string, Answer, RegExp, Record<string, unknown>]>([
  [
    'a page of HTML every time',
    { text: '<html>\nproxy</html>' },
    /^ListArtifacts failed on page 2: the reply is not JSON/,
    { page: 2, error: 'SyntaxError', attempts: 3 },
  ],
  [
    'status 500 every time',
    { error: 'InternalFailure', status: 500, message: 'oops' },
    /^ListArtifacts failed on page 2: SageMaker answered 500 to each of 3 attempts \(InternalFailure: oops\)$/,
    { page: 2, attempts: 3, httpStatusCode: 500, requestId: 'request-ListArtifacts-4' },
  ],
  [
    'throttling every time',
    { error: 'ThrottlingException', message: 'Rate exceeded' },
    /^ListArtifacts failed on page 2: SageMaker still throttled the call after 3 attempts/,
    { page: 2, attempts: 3, error: 'ThrottlingException' },
  ],
  [
    'an expired token',
    { error: 'ExpiredTokenException', message: 'The security token included in the request is expired' },
    /^ListArtifacts failed on page 2: the credentials expired/,
    { page: 2, error: 'ExpiredTokenException', attempts: 1 },
  ],
  [
    'a dropped connection every time',
    'drop',
    /^ListArtifacts failed on page 2: no usable reply came/,
    { page: 2, attempts: 3 },
  ],
])('%s ends the listing with an error, never with a shorter answer', async (_, answer, message, details) => {
  const script = ({ number }: Call) =>
    number === 1 ? page('ListArtifacts', [artifact(1)], 'token') : answer;

  const error = await withScript(script, (scripted) => failure(read(scripted)));

  expect(error.outcome).toBe('partialExport');
  expect(error.message).toMatch(message);
  expect(error.details).toMatchObject({ operation: 'ListArtifacts', ...details });
});

test('a signal ends the listing before its next page', async () => {
  const stop = new AbortController();
  const script = ({ number }: Call) => page('ListArtifacts', [artifact(number)], `token-${number}`);

  const { error, calls } = await withScript(script, async (scripted) => ({
    error: await failure(
      read(scripted, { signal: stop.signal, onPage: ({ number }) => number === 3 && stop.abort() }),
    ),
    calls: scripted.calls.length,
  }));

  expect(error).toMatchObject({ outcome: 'interrupted', message: 'The crawl was stopped before its end.' });
  expect(calls).toBe(3);
});
