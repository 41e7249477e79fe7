import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { engineProxy, type Trouble } from '../neptune/engine-proxy.ts';
import { arn, smallAccount, vertexRow, writtenRun } from '../runs/written-run.ts';
import { cliHere } from './in-process.ts';

/* What each question says when it cannot be answered, of a run and of a real engine that was loaded from it. */

const ENDPOINT = arn('context/endpoint');
const TRAIN = arn('experiment-trial-component/train');
const ENV = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'any' };

let sandbox: Sandbox;
let proxy: Awaited<ReturnType<typeof engineProxy>>;
let run: string;

beforeAll(async () => {
  sandbox = await startSandbox();
  proxy = await engineProxy(sandbox.url);
  for (const [name, value] of Object.entries({ ...ENV, AWS_ENDPOINT_URL: sandbox.url }))
    vi.stubEnv(name, value);
  run = await writtenAccount();
  const uploaded = await cliHere(['upload', run, '--to', 's3://lineage/questions', '--quiet']);
  const role = 'arn:aws:iam::123456789012:role/any';
  const loaded = await cliHere(['load', uploaded.stdout.trim(), '--role', role, '--quiet']);
  expect([uploaded.exitCode, loaded.exitCode]).toEqual([0, 0]);
}, 60_000);

beforeEach(() => Object.assign(proxy, { trouble: 'none', untroubled: 0, queries: [] }));

afterAll(async () => {
  vi.unstubAllEnvs();
  await proxy?.close();
  await sandbox?.close();
});

async function writtenAccount(): Promise<string> {
  const { vertices, edges } = smallAccount();
  const twice = (['artifact', 'context'] as const).map((kind) =>
    vertexRow(kind, arn(`${kind}/twice`), { name: 'twice' }),
  );
  return (await writtenRun({ vertices: [...vertices, ...twice], edges })).directory;
}

const ADAPTERS = [
  ['a run', () => run],
  ['a cluster', () => proxy.url],
] as const;

describe.each(ADAPTERS)('of %s', (_, where) => {
  test('an unknown start is a misuse that says what to pass', async () => {
    expect(await cliHere(['upstream', 'nowhere', '--graph', where()])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^smlineage: There is no "nowhere" in .+\.\n {2}Pass the ARN, the name or the source of an artifact/,
      ),
    });
  });

  test('an ambiguous name is a misuse that lists what it may mean', async () => {
    const { exitCode, stdout, stderr } = await cliHere(['upstream', 'twice', '--graph', where()]);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(`smlineage: "twice" names 2 entities in ${where()}`);
    for (const id of [arn('artifact/twice'), arn('context/twice')]) expect(stderr).toContain(id);
  });

  test.each([
    ['table', `0 entities downstream of ${ENDPOINT}; complete\n`],
    ['jsonl', expect.stringContaining('"complete":true')],
    ['csv', expect.stringMatching(/^depth,record,.+\r\n0,start,context,Endpoint,churn,.+,true,\n$/)],
  ])('an empty answer is an answer, and complete, as %s', async (output, stdout) => {
    const asked = ['downstream', ENDPOINT, '--graph', where(), '--output', output];

    expect(await cliHere(asked)).toEqual({ exitCode: 0, stdout, stderr: '' });
  });
});

const QUESTIONS: readonly (readonly string[])[] = [
  ...[
    'upstream',
    'downstream',
    'connected',
    'impact',
    'provenance',
    'datasets-of',
    'models-of',
    'endpoints-of',
  ],
  ...['jobs-of', 'trials-of', 'pipeline-of', 'approvals', 'reproduce'],
]
  .map((name): readonly string[] => [name, TRAIN])
  .concat([
    ['path', arn('artifact/raw'), ENDPOINT],
    ['compare', TRAIN, ENDPOINT],
    ['orphans'],
    ['shared'],
    ['artifacts'],
    ['table', '--trial-component', TRAIN],
  ]);

/* One after the other would be four attempts each, with their pauses. */
async function toAll(args: readonly string[], trouble: Trouble, untroubled: number) {
  return Promise.all(
    QUESTIONS.map(async (question) => {
      const own = await engineProxy(sandbox.url);
      Object.assign(own, { trouble, untroubled });
      try {
        const { exitCode, stdout, stderr } = await cliHere([...question, '--graph', own.url, ...args]);
        const told = stderr.replaceAll(own.url, '<cluster>').split('\n')[0];
        return [question[0], exitCode, stdout, told];
      } finally {
        await own.close();
      }
    }),
  );
}

const all = (...told: readonly unknown[]) => QUESTIONS.map(([name]) => [name, ...told]);

describe('no question shows an answer, whole or not, where the engine', () => {
  test('breaks off at the first reply', async () => {
    expect(await toAll([], 'cut', 0)).toEqual(
      all(1, '', 'smlineage: Cannot answer the query at <cluster>: the connection broke (ECONNRESET).'),
    );
  });

  test('runs out of time', async () => {
    expect(await toAll(['--output', 'json'], 'timeout', 0)).toEqual(
      all(
        124,
        '',
        expect.stringMatching(
          /^smlineage: Cannot answer the query at <cluster>: TimeLimitExceededException: /,
        ),
      ),
    );
  });
});

test.each(['cut', 'timeout'] as const)(
  'no reply that an answer needs can fail without a word: %s',
  async (trouble) => {
    const ask = async (untroubled: number) => {
      Object.assign(proxy, { trouble, untroubled, queries: [] });
      return cliHere(['connected', TRAIN, '--graph', proxy.url, '--output', 'json']);
    };
    const whole = await ask(1_000);
    const replies = proxy.queries.length;

    const ended = [];
    for (let untroubled = 1; untroubled < replies; untroubled += 3) ended.push(await ask(untroubled));

    expect(whole.exitCode).toBe(0);
    expect(ended.length).toBeGreaterThan(2);
    expect(ended.map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual(
      ended.map(() => [trouble === 'cut' ? 1 : 124, '']),
    );
  },
);

test('a run whose files are damaged gives no answer', async () => {
  const damaged = await writtenAccount();
  const file = join(damaged, 'data/edges/edges.csv');
  await writeFile(file, (await readFile(file)).subarray(0, -20));

  expect(await cliHere(['upstream', ENDPOINT, '--graph', damaged])).toEqual({
    exitCode: 8,
    stdout: '',
    stderr: expect.stringMatching(
      /edges\.csv cannot be read as CSV: .+\n {2}The file is damaged: export again/,
    ),
  });
});
