import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gremlin, gremlinClient, literal, neptuneClient, neptuneGraph, startSandbox } from '../dist/index.js';
import { downstream } from '../dist/lineage/questions.js';
import { preparePythonEnvironment } from '../scripts/python-environment.mjs';
import { ACCOUNT_CASES } from './lineage/deep-accounts.mjs';
import { arnOf, FAMILY, writeRun } from './lineage/written-run.mjs';

/** `--few-rows` takes a tenth of the rows. The other flags choose among the three parts. */
export const FLAGS = ['--few-rows', '--run', '--cluster', '--sdk'];

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAIN = join(ROOT, 'bin/smlineage.mjs');
const PYTHON = join(ROOT, '.venv/bin/python');
const SANDBOX = fileURLToPath(new URL('lineage/sandbox.mjs', import.meta.url));
const ROUNDS = 5;
/** As many rounds as take so long, but so many at least: of questions of milliseconds, a few say little. */
const ROUNDS_SECONDS = 6;
const LEAST_CLUSTER_ROUNDS = 11;
const LEAST_SPEED = 20;
const MOST_MEGABYTES = 500;
/** On a machine that does other things too, two equal queries differ by as much. */
const SLOWER = 1.1;

/** Questions to a run beside NetworkX, to a cluster beside plain Gremlin, to deep accounts beside the SageMaker Python SDK. */
export async function* run(flags) {
  const python = preparePythonEnvironment({ root: ROOT, say: console.error });
  if (!python.ready) throw new Error(python.advice);
  const few = flags.has('--few-rows');
  const folder = await mkdtemp(join(tmpdir(), 'smlineage-bench-'));
  const isChosen = (part) =>
    flags.has(part) || !['--run', '--cluster', '--sdk'].some((other) => flags.has(other));
  try {
    if (isChosen('--run')) yield* questionsToRun(join(folder, 'run'), few ? 10 : 100);
    if (isChosen('--cluster')) yield* questionsToCluster(join(folder, 'cluster'), few ? 1 : 10);
    if (isChosen('--sdk')) yield* beyondTheSdk(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function* questionsToRun(directory, families) {
  const { vertices, edges, bytes } = await writeRun(directory, families);
  const start = arnOf(0, families >> 1, families);
  const question = [MAIN, 'downstream', start, '--graph', directory, '--output', 'jsonl'];
  const first = measured(process.execPath, question);
  const later = Array.from({ length: ROUNDS }, () => measured(process.execPath, question));
  const theirs = measured(PYTHON, [join(ROOT, 'bench/lineage/networkx_downstream.py'), directory, start]);
  const ours = later.toSorted((a, b) => a.seconds - b.seconds)[ROUNDS >> 1];
  yield {
    title: `downstream of a dataset with ${count(FAMILY - 1)} hits, ${count(vertices)} entities and ${count(edges)} associations (${(bytes / 1e6).toFixed(0)} MB), process start to last byte`,
    rows: [
      row('NetworkX, reading the same files', theirs),
      row('first question to a run without lineage.bin, which reads the files', first),
      row(`questions with it, as export leaves it, median of ${ROUNDS}`, ours),
    ],
  };
  const speed = theirs.seconds / ours.seconds;
  const peak = Math.max(...later.map(({ peakBytes }) => peakBytes)) / 1e6;
  yield {
    title: 'Must show',
    rows: [
      verdict('times as fast as NetworkX', speed, `>= ${LEAST_SPEED}`, speed >= LEAST_SPEED),
      verdict('peak RSS in MB', peak, `<= ${MOST_MEGABYTES}`, peak <= MOST_MEGABYTES),
    ],
  };
}

/** Members of a family with ever more below them, down to some ten. */
const MEMBERS = [0, 1, 3, 4, 10, 30, 60, 120, 500, 800];

async function* questionsToCluster(directory, families) {
  const { vertices, edges } = await writeRun(directory, families);
  const apart = fork(SANDBOX);
  try {
    const [sandbox] = await once(apart, 'message');
    await cli(sandbox, ['upload', directory, '--to', 's3://lineage/bench', '--quiet']).then((uri) =>
      cli(sandbox, [
        'load',
        uri.trim(),
        '--role',
        'arn:aws:iam::123456789012:role/any',
        '--no-check',
        '--quiet',
      ]),
    );
    const { url: endpoint, region, credentials } = sandbox;
    const send = gremlinClient(neptuneClient({ endpoint, region, credentials }));
    const graph = neptuneGraph(send, endpoint);
    const rows = [];
    for (const member of MEMBERS)
      rows.push(await besidePlain({ send, graph, start: arnOf(member, 0, families) }));
    yield {
      title: `downstream beside g.V(…).repeat(out()).emit().dedup(), ${count(vertices)} vertices and ${count(edges)} edges, medians; times are medians of the rounds' own ratios`,
      rows,
    };
    const slowest = (column) => Math.max(...rows.map((figures) => Number(figures[column])));
    yield {
      title: 'Must show',
      rows: [
        ['slowest, times the plain query that gives the same vertices', slowest('times properties')],
        ['slowest, times the one that gives edges too', slowest('times edges')],
      ].map(([figure, value]) => verdict(figure, value, `<= ${SLOWER}`, value <= SLOWER)),
    };
  } finally {
    apart.disconnect();
    await once(apart, 'exit');
  }
}

/**
 * An answer beside what a person would write for it: one query that gives ids alone, with the properties of each vertex, or
 * with its edges too, from which alone depths and ways can be worked out. One after the other in every round, after one round
 * that does not count, so that whatever else the machine does meets all of them.
 */
async function besidePlain({ send, graph, start }) {
  const contestants = {
    ids: () => send(gremlin`${reachedFrom(start)}.id()`),
    properties: () => send(gremlin`${reachedFrom(start)}.project('id','label','properties')${VERTEX}`),
    edges: () =>
      send(gremlin`${reachedFrom(start)}.project('id','label','properties','edges')${VERTEX}${EDGES}`),
    downstream: () => downstream({ graph, start }),
  };
  const rounds = [];
  for (let spent = 0, round = 0; round <= LEAST_CLUSTER_ROUNDS || spent < ROUNDS_SECONDS; round += 1) {
    const taken = {};
    for (const [name, ask] of Object.entries(contestants)) {
      taken[name] = await seconds(ask);
      spent += taken[name];
    }
    if (round > 0) rounds.push(taken);
  }
  const { reached } = await contestants.downstream();
  const ms = (name) => (middle(rounds.map((round) => round[name])) * 1000).toFixed(0);
  const times = (name) => middle(rounds.map((round) => round.downstream / round[name])).toFixed(2);
  return {
    hits: count(reached),
    'ids ms': ms('ids'),
    'properties ms': ms('properties'),
    'edges ms': ms('edges'),
    'downstream ms': ms('downstream'),
    'times ids': times('ids'),
    'times properties': times('properties'),
    'times edges': times('edges'),
  };
}

const VERTEX = gremlin`.by(id).by(label).by(valueMap())`;
const EDGES = gremlin`.by(outE().project('id','from','to','label').by(id).by(outV().id()).by(inV().id()).by(label).fold())`;

function reachedFrom(start) {
  return gremlin`g.V(${literal(start)}).repeat(out()).emit().dedup()`;
}

async function* beyondTheSdk(folder) {
  const rows = [];
  for (const { title, records, start, truth } of ACCOUNT_CASES) {
    const sandbox = await startSandbox({ records: records(), gremlin: false });
    try {
      const theirs = await ended(PYTHON, [join(ROOT, 'bench/lineage/sdk_descendants.py'), start], sandbox);
      const out = join(folder, title.replaceAll(/\W+/g, '-'));
      const directory = (await cli(sandbox, ['export', '--out', out, '--quiet'])).trim();
      const answer = JSON.parse(
        await cli(sandbox, ['downstream', start, '--graph', directory, '--output', 'json']),
      );
      rows.push({
        account: title,
        descendants: count(truth),
        'SageMaker Python SDK': count(Number(theirs.trim().split('\n').at(-1))),
        smlineage: count(answer.reached),
        complete: answer.complete,
        cycles: answer.cycles.length,
      });
    } finally {
      await sandbox.close();
    }
  }
  yield { title: 'LineageQuery of the SageMaker Python SDK, and downstream, on the same sandbox', rows };
}

function row(method, { seconds: wall, cpuSeconds, peakBytes }) {
  return {
    method,
    'wall s': wall.toFixed(2),
    'CPU s': cpuSeconds.toFixed(2),
    'peak RSS MB': (peakBytes / 1e6).toFixed(0),
  };
}

function verdict(figure, value, limit, isMet) {
  return { figure, value: value.toFixed(2), limit, verdict: isMet ? 'ok' : 'MISSED' };
}

/** A process from start to last byte, with its CPU time and the most memory it had, as `time` tells. */
function measured(command, args) {
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync('/usr/bin/env', ['time', '-f', '%M %U %S', command, ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  const wall = (performance.now() - startedAt) / 1000;
  if (status !== 0) throw new Error(`${command} ended with exit code ${status}: ${stderr}`);
  if (stdout.trim() === '') throw new Error(`${command} printed nothing.`);
  const [kilobytes, user, system] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { seconds: wall, cpuSeconds: user + system, peakBytes: kilobytes * 1024 };
}

function cli(sandbox, args) {
  return ended(process.execPath, [MAIN, ...args], sandbox);
}

/** What a process prints. Not synchronous: the sandbox that it asks is in this one. */
async function ended(command, args, sandbox) {
  const child = spawn(command, args, {
    env: { ...process.env, ...sandbox.environment, SAGEMAKER_SUPPRESS_V2_WARNING: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => {
    text += piece;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with exit code ${code}.`);
  return text;
}

async function seconds(work) {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

function middle(figures) {
  return figures.toSorted((a, b) => a - b)[figures.length >> 1];
}

function count(number) {
  return number.toLocaleString('en-US');
}
