import { setTimeout as wait } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EXIT_CODES, LineageError } from '../../src/errors.ts';
import { neptuneClient } from '../../src/neptune/clients.ts';
import { ERROR_CODES, LOAD_STATUSES } from '../../src/neptune/verdict.ts';
import { loadRun } from '../../src/runs/load.ts';
import { uploadRun } from '../../src/runs/upload.ts';
import type { Access } from '../../src/sandbox/access-log.ts';
import type { FaultPlan } from '../../src/sandbox/faults.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { expectTable } from '../docs/doc-table.ts';
import { FAULT_ROWS, matrixMarkdown } from './load-fault-matrix.ts';
import { smallAccount, writtenRun } from './written-run.ts';

/*
 * The fault matrix: each fault of Neptune's loader, once and always, through the real SDK clients against the sandbox,
 * whose graph is in memory here, so that no Java is needed.
 */

const SIGNED = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/neptune-db/aws4_request, SignedHeaders=host, Signature=0',
};

/** Long pauses pass at once, for the waiting side; the sandbox's own time is real. */
function hastyClock() {
  let now = Date.now();
  return {
    now: () => now,
    sleep: async (ms: number, signal?: AbortSignal) => {
      now += ms;
      await wait(2, undefined, signal === undefined ? {} : { signal });
    },
  };
}

/** One command against a sandbox that plays these faults: its exit code, hint, jobs, and what the graph holds then. */
async function loadUnder(faults: FaultPlan) {
  const calls: Access[] = [];
  const sandbox = await startSandbox({ gremlin: false, faults, onAccess: (access) => calls.push(access) });
  const { url: endpoint, region, credentials } = sandbox;
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const neptune = neptuneClient({ endpoint, region, credentials });
  onTestFinished(async () => {
    s3.destroy();
    neptune.destroy();
    await sandbox.close();
  });
  const modes: unknown[] = [];
  neptune.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName === 'StartLoaderJobCommand') modes.push((args.input as { mode?: unknown }).mode);
        return next(args);
      },
    { step: 'initialize' },
  );
  const { directory } = await writtenRun(smallAccount());
  const { uri } = await uploadRun({ s3, directory, to: 's3://lineage/faults' });

  const clock = hastyClock();
  const roleArn = 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3';
  const ended = await loadRun({
    neptune,
    s3,
    source: uri,
    roleArn,
    region,
    clock,
    deadlineMs: 3_600_000,
  }).then(
    (report) => ({ exit: EXIT_CODES.ok, report, hint: '' }),
    (error: unknown) => {
      if (!(error instanceof LineageError)) throw error;
      return { exit: error.exitCode, report: undefined, hint: error.hint ?? '' };
    },
  );
  const starts = calls.filter(({ operation }) => operation === 'StartLoaderJob');
  const jobs = modes.filter((_, nth) => hadEffect(starts[nth]));
  return { ...ended, jobs, graph: await graphSummary(endpoint) };
}

/** Whether a start had effect, whatever its caller heard of it. */
function hadEffect(start: Access | undefined): boolean {
  return start?.fault === 'lost-reply' || (start?.status === 200 && start.fault !== 'html');
}

/** Never two loads for one command: every further job loads only what failed. */
function oneLoadOf(jobs: number): readonly string[] {
  return Array.from({ length: jobs }, (_, nth) => (nth === 0 ? 'NEW' : 'RESUME'));
}

async function graphSummary(endpoint: string): Promise<unknown> {
  const summary = await fetch(`${endpoint}/propertygraph/statistics/summary`, { headers: SIGNED });
  const { payload } = (await summary.json()) as { payload: { graphSummary: unknown } };
  return payload.graphSummary;
}

let whole: Promise<unknown> | undefined;

/** The graph of a load that nothing befell. */
function wholeGraph(): Promise<unknown> {
  whole ??= loadUnder({ rules: [] }).then(({ graph }) => graph);
  return whole;
}

test('the graph of an undisturbed load holds the run', async () => {
  const { vertices, edges } = smallAccount();

  expect(await wholeGraph()).toMatchObject({ numNodes: vertices.length, numEdges: edges.length });
});

describe.each(['once', 'always'] as const)('%s', (often) => {
  test.each(FAULT_ROWS.map((row) => [row.group, row.fault, row] as const))('%s: %s', async (_, __, row) => {
    const expected = row[often];

    const { exit, jobs, hint, report, graph } = await loadUnder(row.plans[often]);

    expect({ exit, jobs }).toEqual({ exit: expected.exit, jobs: oneLoadOf(expected.jobs) });
    if (exit === EXIT_CODES.ok) {
      expect(report).toMatchObject({ verified: true, errors: [], notes: [] });
      expect(graph).toEqual(await wholeGraph());
    } else {
      expect(hint).toContain(row.hint);
    }
  });
});

/** Every fault of the matrix at once, each now and then. */
function chaos(seed: number): FaultPlan {
  const now = { probability: 0.03 };
  const rules = FAULT_ROWS.flatMap(({ plans }) => plans.always.rules).map((rule) => ({ ...rule, ...now }));
  const loads = FAULT_ROWS.flatMap(({ plans }) => plans.once.loads ?? []).map(({ at, ...rule }) => ({
    ...rule,
    probability: 0.03,
  }));
  return { seed, rules, loads };
}

test('whatever befalls a load, it is one load, and ok only if the graph is whole', async () => {
  const exits = new Map<number, number>();
  for (let seed = 1; seed <= 40; seed += 1) {
    const { exit, jobs, report, graph } = await loadUnder(chaos(seed));

    exits.set(exit, (exits.get(exit) ?? 0) + 1);
    expect(jobs, `seed ${seed}`).toEqual(oneLoadOf(jobs.length));
    expect(report?.verified ?? false, `seed ${seed}`).toBe(exit === EXIT_CODES.ok);
    if (exit === EXIT_CODES.ok) expect(graph, `seed ${seed}`).toEqual(await wholeGraph());
  }
  // Neither so mild that nothing fails, nor so harsh that nothing is proved of success.
  expect(exits.get(EXIT_CODES.ok)).toBeGreaterThan(5);
  expect(exits.size).toBeGreaterThan(1);
});

test('every status and every code that Neptune documents has a row', () => {
  const faults = FAULT_ROWS.map(({ fault }) => fault);

  expect(faults).toEqual(
    expect.arrayContaining([...Object.keys(LOAD_STATUSES), ...Object.keys(ERROR_CODES)]),
  );
});

test('docs/reliability.md shows these rows', async () => {
  await expectTable('reliability.md', 'loader-faults', matrixMarkdown(FAULT_ROWS));
});
