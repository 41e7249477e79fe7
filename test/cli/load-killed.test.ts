import { once } from 'node:events';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { queryAsWritten } from '../../src/graph/gremlin.ts';
import { neptuneClient } from '../../src/neptune/clients.ts';
import { listLoads } from '../../src/neptune/load-job.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { smallAccount, writtenRun } from '../runs/written-run.ts';
import { cliHere } from './in-process.ts';
import { type Ended, startSmlineage } from './smlineage.ts';

/*
 * `kill -9` of the real binary on the way from a run directory to a verified graph, `upload` and then `load`; then the same
 * two commands again. The engine is the real one.
 */

/** Jobs that load from under `slow/` take their time, so that they are still under way when the command comes again. */
const SLOW_MS = 8_000;

let sandbox: Sandbox;
let neptune: ReturnType<typeof neptuneClient>;
let directory: string;
let files: number;
/** Hears of every request as it is answered. */
let onAccess: (operation: string) => void = () => undefined;

beforeAll(async () => {
  sandbox = await startSandbox({
    faults: { rules: [], loads: [{ file: '/slow/runs/', milliseconds: SLOW_MS / 8 }] },
    onAccess: ({ service, operation }) => onAccess(`${service}.${operation}`),
  });
  for (const [name, value] of Object.entries(sandbox.environment)) vi.stubEnv(name, value);
  const { url: endpoint, region, credentials } = sandbox;
  neptune = neptuneClient({ endpoint, region, credentials });
  const run = await writtenRun(smallAccount());
  directory = run.directory;
  files = run.manifest.files.length;
});

afterAll(async () => {
  vi.unstubAllEnvs();
  neptune.destroy();
  await sandbox.close();
});

const ROLE = 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3';

type Kill = {
  readonly command: 'upload' | 'load';
  /** The request after whose answer the process is killed: so many of them, counted from another one on. */
  readonly after: string;
  readonly nth: number;
  readonly since?: string | undefined;
};

/** What a user's script does, up to the command that is killed, which is a process of its own. */
async function uploadAndLoad(to: string, kill?: Kill): Promise<Ended & { readonly killedBy?: string }> {
  const upload = ['upload', directory, '--to', to];
  if (kill?.command === 'upload') return killed(upload, kill);
  const { stdout } = await cliHere(upload);
  const load = ['load', stdout.trim(), '--role', ROLE];
  return kill === undefined ? cliHere(load) : killed(load, kill);
}

async function killed(command: readonly string[], { after, nth, since }: Kill) {
  let seen = 0;
  let counts = since === undefined;
  const child = startSmlineage(command, { env: sandbox.environment });
  onAccess = (operation) => {
    counts ||= operation === since;
    if (counts && operation === after) seen += 1;
    if (seen === nth) child.kill('SIGKILL');
  };
  const [exitCode, killedBy] = await once(child, 'close');
  onAccess = () => undefined;
  return { exitCode, killedBy, stdout: '', stderr: '' };
}

const send = (query: string) => gremlinClient(neptune)(queryAsWritten(query));

/** Everything in the graph, by id. */
async function dump(): Promise<readonly unknown[]> {
  const values = 'valueMap().order(local).by(keys)';
  return [
    await send(`g.V().order().by(id).project("id","label","values").by(id).by(label).by(${values})`),
    await send(
      `g.E().order().by(id).project("id","label","from","to","values").by(id).by(label).by(outV().id()).by(inV().id()).by(${values})`,
    ),
  ];
}

let undisturbed: Promise<readonly unknown[]> | undefined;

/** The graph of a load that nothing befell. */
function wholeGraph(): Promise<readonly unknown[]> {
  undisturbed ??= send('g.V().drop()')
    .then(() => uploadAndLoad('s3://lineage/undisturbed'))
    .then(dump);
  return undisturbed;
}

/** The jobs of a source, the first first. */
async function jobsOf(to: string) {
  const jobs = await listLoads(neptune, { limit: 100 });
  return jobs.filter(({ uri }) => uri?.startsWith(`${to}/`)).reverse();
}

const MANIFEST_ARRIVED = 'when the manifest, the last object, has arrived';
const STARTED = 'neptune-db.StartLoaderJob';

type Row = readonly [title: string, command: Kill['command'], after: string, nth: number, more: More];
type More = { readonly since?: string; readonly slow?: boolean; readonly jobs?: number };

test.each<Row>([
  ['when the first object has arrived', 'upload', 's3.PutObject', 1, {}],
  ['in the middle of the upload', 'upload', 's3.PutObject', 8, {}],
  [MANIFEST_ARRIVED, 'upload', 's3.PutObject', Number.NaN, {}],
  ['between upload and load, at the first look', 'load', 's3.GetObject', 1, {}],
  ['before it asks for the load', 'load', 'neptune-db.ListLoaderJobs', 1, {}],
  ['when the load has begun', 'load', 'neptune-db.StartLoaderJob', 1, { slow: true }],
  ['while it watches', 'load', 'neptune-db.GetLoaderJobStatus', 2, { slow: true, since: STARTED }],
  // The job has ended, and the list has none under way: the second command loads once more, with the same result.
  ['when the job has ended, before it compares', 'load', 'neptune-db.ExecuteGremlinQuery', 1, { jobs: 2 }],
  ['while it compares', 'load', 'neptune-db.ExecuteGremlinQuery', 3, { jobs: 2 }],
])(
  'a kill %s: the same commands again end in the same verified graph',
  async (title, ...row) => {
    const [command, after, nth, { slow = false, since, jobs: expectedJobs = 1 }] = row;
    const whole = await wholeGraph();
    await send('g.V().drop()');
    const to = `s3://lineage/${title.replaceAll(/\W/g, '-')}${slow ? '/slow' : ''}`;

    const nthOfAll = title === MANIFEST_ARRIVED ? files + 1 : nth;
    const first = await uploadAndLoad(to, { command, after, nth: nthOfAll, since });
    const before = await jobsOf(to);
    const again = await uploadAndLoad(to);

    expect(first.killedBy).toBe('SIGKILL');
    expect(again).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('; verified: 20 vertices and edges'),
    });
    expect(await dump()).toEqual(whole);
    const jobs = await jobsOf(to);
    expect(jobs.map(({ status }) => status)).toEqual(Array(expectedJobs).fill('LOAD_COMPLETED'));
    // A second job only where the list had said that the first was over; and it wrote nothing that was not there.
    if (expectedJobs === 2) {
      expect(before.map(({ status }) => status)).toEqual(['LOAD_COMPLETED']);
      expect(jobs[1]?.duplicates).toBe(jobs[1]?.records);
    }
  },
  120_000,
);
