import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { scriptedServer } from '../neptune/scripted-server.ts';
import { temporaryDirectory } from '../runs/run-tree.ts';
import { cliHere, type Screen } from './in-process.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
  // The SDK's chain of credentials looks at the process itself.
  for (const [name, value] of Object.entries(sandbox.environment)) vi.stubEnv(name, value);
  await cli([
    "g.addV('artifact').property(T.id,'a').property(single,'name','it\\'s').property(single,'n',9007199254740993L).property(single,'at',datetime('2024-01-02T03:04:05Z')).as('a').addV('context').property(T.id,'b').addE('AssociatedWith').from('a').property(T.id,'e').iterate()",
  ]);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await sandbox.close();
});

function cli(args: readonly string[], screen: Screen = {}) {
  return cliHere(['gremlin', ...args], { env: sandbox.environment, ...screen });
}

const ELEMENTS =
  "g.V('a').project('id','label','name','n','at').by(id).by(label).by('name').by('n').by('at')";

test.each([
  [
    'table',
    "key    value\nid     a\nlabel  artifact\nname   it's\nn      9007199254740993\nat     2024-01-02T03:04:05Z\n",
  ],
  [
    'json',
    '[\n  {\n    "id": "a",\n    "label": "artifact",\n    "name": "it\'s",\n    "n": 9007199254740993,\n    "at": "2024-01-02T03:04:05Z"\n  }\n]\n',
  ],
  [
    'jsonl',
    '{"id":"a","label":"artifact","name":"it\'s","n":9007199254740993,"at":"2024-01-02T03:04:05Z"}\n',
  ],
])('the results as %s', async (output, stdout) => {
  expect(await cli([ELEMENTS, '--output', output])).toEqual({ exitCode: 0, stdout, stderr: '' });
});

test('paths as a table, and nothing as such', async () => {
  expect((await cli(["g.V('a').outE().inV().path()"])).stdout).toBe(
    '1     2                          3\nv[a]  e[e][a-AssociatedWith->b]  v[b]\n',
  );
  expect((await cli(["g.V('nobody')"])).stdout).toBe('(no results)\n');
  expect((await cli(["g.V('nobody')", '--output', 'json'])).stdout).toBe('[]\n');
  expect((await cli(["g.V('nobody')", '--output', 'jsonl'])).stdout).toBe('');
});

test.each([
  ['what is piped', []],
  ['what is piped, where - says so', ['-']],
])('a query from %s', async (_, args) => {
  const stdin = Readable.from([Buffer.from('g.V()'), Buffer.from('.count()\n')]);

  expect(await cli(args, { stdin })).toEqual({ exitCode: 0, stdout: '2\n', stderr: '' });
});

test('a query from a file, with comments, several statements and a byte order mark', async () => {
  const file = join(await temporaryDirectory(), 'q.gremlin');
  await writeFile(file, "\ufeff// how many\ng.V().hasLabel('artifact').iterate()\ng.V().count()\n");

  expect(await cli(['--file', file, '--timeout', '5s'])).toEqual({
    exitCode: 0,
    stdout: '2\n',
    stderr: '',
  });
});

test('a query on a terminal waits for no pipe', async () => {
  const stdin = Object.assign(new Readable({ read: () => undefined }), { isTTY: true });

  expect(await cli([], { stdin })).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('No query is given, and nothing is piped to the command.'),
  });
});

test('an interruption ends the reading of a pipe that says nothing', async () => {
  const stdin = new Readable({ read: () => undefined });
  const interruption = new AbortController();
  const ended = cli([], { stdin, signal: interruption.signal });
  interruption.abort();

  expect(await ended).toMatchObject({ exitCode: 130 });
});

test.each([
  [['  '], 'The query is empty.'],
  [['g.V()', '--file', 'x'], 'Expected one query, got one as argument and one in --file.'],
  [['--file', '/no/such/file'], 'The query cannot be read from /no/such/file'],
  [['g.V(', '--output', 'json'], 'MalformedQueryException'],
  [['g.V().count()', '--output', 'csv'], 'Allowed choices are table, json, jsonl.'],
])('%j is misuse', async (args, message) => {
  expect(await cli(args)).toMatchObject({
    exitCode: 2,
    stdout: '',
    stderr: expect.stringContaining(message),
  });
});

test('the limit of time ends a query that does not end by itself', async () => {
  expect(
    await cli(['g.inject(0).repeat(identity()).until(constant(1).is(2))', '--timeout', '1s']),
  ).toMatchObject({
    exitCode: 124,
    stderr: expect.stringContaining('TimeLimitExceededException'),
  });
});

test('a failure tells the request id, Neptune’s code and what to do', async () => {
  const { url } = await scriptedServer(() => ({
    status: 500,
    json: { requestId: 'from-the-body', code: 'MemoryLimitExceededException', detailedMessage: 'too much' },
  }));

  expect(await cli(["g.addV('x')", '--endpoint', url])).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: `smlineage: Cannot answer the query at ${url}: MemoryLimitExceededException: too much.\n  Ask for less at a time, or use a larger instance.\n  (request id from-the-body)\n`,
  });
});
