import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildLambda } from '../../scripts/build-lambda.mjs';
import type { GremlinEngine } from '../../src/sandbox/neptune/gremlin-engine.ts';
import { pairsOf, recordsOf } from '../runs/scope-records.ts';
import { exportedScopes, roleScope } from '../runs/scopes-sandbox.ts';
import { dumped, expectedOf } from '../runs/sync-dump.ts';
import { startedEngine } from '../sandbox/neptune/started-engine.ts';
import { type Functions, startFunctions } from './functions.ts';
import { type NightSandbox, startNightSandbox } from './night-sandbox.ts';
import { type StepFunctions, startStepFunctions } from './step-functions.ts';

/* The state machine as it is deployed, each task of it a function's bundle in a process of its own. */

const A = { account: '111111111111', region: 'us-east-1' };
const B = { account: '222222222222', region: 'eu-west-1' };
const scopes = [roleScope(A.account, A.region), roleScope(B.account, B.region)];
const ofA = recordsOf(A);
const ofB = recordsOf(B);
const across = ofB.association(ofA.actionArn('step-0'), ofB.actionArn('step-0'), 5);

let engine: GremlinEngine;
let sandbox: NightSandbox;
let functions: Functions;
let stepFunctions: StepFunctions;
let definition: string;

beforeAll(async () => {
  const files = await buildLambda(mkdtempSync(join(tmpdir(), 'smlineage-lambda-')));
  engine = await startedEngine();
  sandbox = await startNightSandbox(engine);
  functions = startFunctions({ files, environment: sandbox.environment, timeoutMs: 60_000 });
  stepFunctions = await startStepFunctions(functions, sandbox.url);
  definition = deployed();
});

afterAll(async () => {
  await stepFunctions?.close();
  await functions?.close();
  await sandbox?.close();
  await engine?.close();
});

beforeEach(async () => {
  sandbox.play(() => undefined);
  functions.doom(() => undefined);
  stepFunctions.notices.length = 0;
  await sandbox.clear();
});

/** The file of the template, with what CloudFormation puts in. Waiting is cut short, nothing else. */
function deployed(): string {
  const text = readFileSync(new URL('../../cloudformation/nightly.asl.json', import.meta.url), 'utf8');
  return text
    .replaceAll(/\$\{Partition\}/g, 'aws')
    .replaceAll(/\$\{TopicArn\}/g, 'arn:aws:sns:us-east-1:123456789012:nightly')
    .replaceAll(/\$\{(\w+)FunctionArn\}/g, (_, name: string) => {
      const kebab = name.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
      return `arn:aws:lambda:us-east-1:123456789012:function:${kebab}`;
    })
    .replaceAll(/"(Seconds|IntervalSeconds)": \d+/g, '"$1": 1');
}

function hold(pairs: number, from = 0): void {
  sandbox.hold([
    { ...A, records: pairsOf(A, pairs).slice(from) },
    { ...B, records: [...pairsOf(B, 6), across] },
  ]);
}

async function assertEqual(): Promise<void> {
  const { directory } = await exportedScopes(sandbox, scopes);
  expect(await dumped(sandbox)).toEqual(await expectedOf(directory));
}

/** Each dies on its first call, and on every other one. */
const DOOMED = new Set(['plan-shards', 'merge', 'start-load', 'verify', 'remove', 'move-state']);

const removing = { scopes, removal: 'delete' };

test('a night loads two scopes, and the next one what changed since', async () => {
  hold(6);
  const first = await stepFunctions.execute(definition, { scopes }, 'night-1');
  expect(first).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'synced', complete: true } });
  await assertEqual();

  hold(8, 3);
  const second = await stepFunctions.execute(definition, removing, 'night-2');
  expect(second).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'synced', complete: true } });
  await assertEqual();
  expect([stepFunctions.notices, sandbox.keys('lease.json')]).toEqual([[], []]);
});

test('a function that is killed in the middle is called again, and a night whose function dies each time fails and says so', async () => {
  hold(6);
  functions.doom((name, call) => (DOOMED.has(name) && call % 2 === 1 ? { kill: 20 } : undefined));
  const mended = await stepFunctions.execute(definition, removing, 'night-3');
  expect(mended).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'synced' } });
  await assertEqual();

  functions.doom((name) => (name === 'check' ? { kill: 0 } : undefined));
  const failed = await stepFunctions.execute(definition, removing, 'night-4');
  expect(failed).toMatchObject({ status: 'FAILED', error: 'Runtime.ExitError' });
  expect(stepFunctions.notices).toEqual([
    { subject: 'SageMaker lineage: the night failed', message: expect.stringContaining('Runtime.ExitError') },
  ]);
  expect(sandbox.keys('lease.json')).toEqual([]);
});

test('a scope that is denied is told, and keeps the other from nothing', async () => {
  hold(4);
  sandbox.play(({ service, account }) =>
    service === 'sagemaker' && account === B.account
      ? {
          status: 400,
          code: 'AccessDeniedException',
          message: 'not authorized to perform: sagemaker:ListActions',
        }
      : undefined,
  );

  const partial = await stepFunctions.execute(definition, { scopes }, 'night-5');

  expect(partial).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'partial', complete: false } });
  expect(stepFunctions.notices.map(({ subject }) => subject)).toEqual([
    'SageMaker lineage: the night is partial',
  ]);
  expect(Object.keys((await dumped(sandbox)).vertices).every((id) => id.includes(A.account))).toBe(true);
});
