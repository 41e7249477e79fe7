import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LineageError } from '../../src/errors.ts';
import type { SyncOptions } from '../../src/runs/sync-job.ts';
import type { FaultRule } from '../../src/sandbox/faults.ts';
import { type Account, accountChanges, changed } from './sync-account.ts';
import { type Dump, dumped, expectedOf } from './sync-dump.ts';
import { type Death, type SyncSandbox, startSyncSandbox } from './sync-sandbox.ts';

/* Whatever happens to an account and to the syncs of it: once one sync is left alone, the graph is the account. */

let sandbox: SyncSandbox;

beforeAll(async () => {
  sandbox = await startSyncSandbox();
});

afterAll(() => sandbox.close());

/** One night: the account changes, then a sync, which may die. */
const night = fc.record({
  changes: accountChanges,
  options: fc.constantFrom<Partial<SyncOptions>>(
    {},
    {
      removal: 'delete',
      force: true,
      allowEmpty: ['artifact', 'trial_component', 'action', 'context', 'edge'],
    },
    {
      removal: 'tombstone',
      force: true,
      allowEmpty: ['artifact', 'trial_component', 'action', 'context', 'edge'],
    },
    { removal: 'delete' },
    { full: true },
  ),
  faults: fc.constantFrom<readonly FaultRule[]>(
    [],
    [],
    [{ service: 's3', fault: 'lost-reply', probability: 0.1 }],
    [{ service: 's3', fault: 'error-500', probability: 0.1 }],
    [{ service: 'neptune-db', fault: 'lost-reply', probability: 0.1 }],
    [{ service: 'neptune-db', fault: 'drop', probability: 0.1 }],
    [{ service: 'neptune-db', operation: 'ExecuteGremlinQuery', fault: 'conflict', probability: 0.2 }],
    [{ service: 'sagemaker', fault: 'throttle', probability: 0.2 }],
  ),
  death: fc.option(
    fc.record<Death>({ at: fc.integer({ min: 1, max: 60 }), when: fc.constantFrom('before', 'after') }),
    { nil: undefined, freq: 2 },
  ),
});

const RUNS = Number(process.env.SYNC_SEQUENCES ?? 20);

test(`after ${RUNS} random histories of accounts, syncs and deaths, one sync with --delete makes the graph the account`, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(night, { minLength: 1, maxLength: RUNS > 20 ? 5 : 3, size: 'max' }),
      async (nights) => {
        await sandbox.clear();
        const foreign = await foreignData();
        let account: Account = new Map();
        for (const { changes, options, faults, death } of nights) {
          account = changed(account, changes);
          sandbox.hold([...account.values()]);
          sandbox.play(faults);
          await sandbox.sync(options, death).catch(died);
          sandbox.play([]);
          // The lease of the dead runs out.
          sandbox.pass(200_000);
        }

        const report = await sandbox.sync({
          removal: 'delete',
          force: true,
          allowEmpty: ['artifact', 'trial_component', 'action', 'context', 'edge'],
        });

        expect(report).toMatchObject({ exitCode: 0, residue: 0 });
        const expected = await expectedOf(report.directory ?? '');
        expect(await dumped(sandbox)).toEqual(joined(expected, foreign));
      },
    ),
    { numRuns: RUNS, endOnFailure: true },
  );
}, 3_600_000);

function died(error: unknown): void {
  if (error instanceof LineageError) return;
  if (!(error instanceof Error) || !/killed/.test(error.message)) throw error;
}

/** What another application keeps in the same graph, under labels like ours. */
async function foreignData(): Promise<Dump> {
  await sandbox.send(
    `g.addV('artifact').property(T.id,'theirs-1').property('name','x').iterate()
     g.addV('Person').property(T.id,'theirs-2').iterate()
     g.V('theirs-1').addE('ContributedTo').to(__.V('theirs-2')).property(T.id,'their-edge').property('w',1).iterate()`,
  );
  return dumped(sandbox);
}

function joined(a: Dump, b: Dump): Dump {
  return { vertices: { ...a.vertices, ...b.vertices }, edges: { ...a.edges, ...b.edges } };
}
