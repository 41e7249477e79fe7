import { accountPages } from './crawl/account-pages.mjs';
import { total } from './crawl/meter.mjs';
import { runApart, startSandboxApart } from './crawl/processes.mjs';
import { count } from './jobs/figures.mjs';

/** `--small` takes accounts of a twentieth; the others name one scenario each, and none of them means all. */
export const FLAGS = ['--small', '--capped', '--one-listing', '--large'];

const SEED = 1;
const CONCURRENCY = 16;

const FULL = { capped: 20_000, tenth: 2_000, oneListing: 1_000_000, large: 1_000_000, quarter: 250_000 };
const SMALL = { capped: 2_000, tenth: 200, oneListing: 40_000, large: 80_000, quarter: 20_000 };

/** What the governance notebook reads: the counterpart of its method must count no more. */
const NOTEBOOK_OPERATIONS = [
  'ListArtifacts',
  'ListTrialComponents',
  'ListActions',
  'ListContexts',
  'ListAssociations',
];

/** The crawl beside the notebook's method, beside an SDK loop that keeps nothing, and beside the ideal. */
export async function* run(flags) {
  const isSmall = flags.has('--small');
  const sizes = isSmall ? SMALL : FULL;
  const isAll = ['--capped', '--one-listing', '--large'].every((flag) => !flags.has(flag));
  if (isAll || flags.has('--capped')) yield* capped(sizes);
  if (isAll || flags.has('--one-listing')) yield* oneListing(sizes);
  if (isAll || flags.has('--large')) yield* large(sizes, isSmall);
}

const isDescribe = (operation) => operation.startsWith('Describe');
const listOperations = ({ operations }) => Object.keys(operations).filter((name) => !isDescribe(name));
const describeOperations = ({ operations }) => Object.keys(operations).filter(isDescribe);

const RATE = 10;
const LATENCY_MS = 50;

async function* capped({ capped: entities, tenth }) {
  const { pages, records } = accountPages({ entities, seed: SEED });
  const throttled = { latencyMs: LATENCY_MS, ratePerSecond: RATE };
  const [crawl, loop] = await contest({ entities, ...throttled }, [
    ['export', { concurrency: CONCURRENCY }],
    ['bare-loop', { concurrency: CONCURRENCY }],
  ]);
  assertWhole(crawl, entities);
  const [perNode] = await contest({ entities: tenth, ...throttled }, [['per-node', {}]]);
  const scale = entities / tenth;
  const there = sum(Object.values(pages));
  // Each operation has its own limit, and may burst for one second's worth: the longest decides.
  const idealSeconds = Math.max(...Object.values(pages).map((count) => (count - RATE) / RATE));
  yield {
    title: `1. ${RATE} calls/s per operation, ${LATENCY_MS} ms latency: ${count(entities)} entities, ${count(records.association)} associations, concurrency ${CONCURRENCY}`,
    rows: [
      row('ideal: pages / rate', {
        seconds: idealSeconds,
        operations: { all: { calls: there, pages: there } },
      }),
      row('export', crawl),
      row('bare SDK loop, 100 a page', loop),
      row(`per node, 10 a page: measured on ${count(tenth)}`, perNode),
      row(`per node, scaled x ${scale}`, scaled(perNode, scale)),
    ],
  };
  const all = total(crawl.operations, listOperations(crawl));
  const described = total(crawl.operations, describeOperations(crawl));
  const ours = total(crawl.operations, NOTEBOOK_OPERATIONS);
  yield {
    title: '1. Must show',
    rows: [
      atMost('wall time / ideal', crawl.seconds / idealSeconds, 1.15),
      atMost('list calls / pages there are', all.calls / there, 1.05),
      atMost('failed list calls (throttled ones are counted above)', all.failures, 0),
      unlimited('Describe calls besides, for ends that no listing gave', described.calls),
      atLeast(
        'calls of the per-node method / calls',
        (total(perNode.operations).calls * scale) / ours.calls,
        30,
      ),
      atLeast('time of the per-node method / time', (perNode.seconds * scale) / crawl.seconds, 40),
    ],
  };
}

async function* oneListing({ oneListing: entities }) {
  const account = { entities, kind: 'artifact', latencyMs: LATENCY_MS };
  const [one, many] = await contest(account, [
    ['export', { concurrency: 1 }],
    ['export', { concurrency: CONCURRENCY }],
  ]);
  assertWhole(many, one.entities);
  yield {
    title: `2. ${LATENCY_MS} ms latency, no cap: one listing alone (${count(many.entities)} artifacts; the other listings are one empty page each)`,
    rows: [row('export, concurrency 1', one), row(`export, concurrency ${CONCURRENCY}`, many)],
  };
  yield {
    title: '2. Must show',
    rows: [
      atLeast(`pages/s at concurrency ${CONCURRENCY} / at 1`, pagesPerSecond(many) / pagesPerSecond(one), 10),
    ],
  };
}

async function* large({ large: entities, quarter }, isSmall) {
  const [fewer] = await contest({ entities: quarter }, [['export', { concurrency: CONCURRENCY }]]);
  const [loop, crawl] = await contest({ entities }, [
    ['bare-loop', { concurrency: CONCURRENCY }],
    ['export', { concurrency: CONCURRENCY }],
  ]);
  assertWhole(fewer, quarter);
  assertWhole(crawl, entities);
  yield {
    title: `3. Loopback, no latency: ${count(crawl.entities)} entities, ${count(crawl.associations)} associations, ${count(crawl.memberships)} memberships to CSV with index, concurrency ${CONCURRENCY}`,
    rows: [
      row('bare SDK loop', loop),
      row('export', crawl),
      row(`export of ${count(fewer.entities)} entities`, fewer),
    ],
  };
  const growth = (crawl.peakBytes - fewer.peakBytes) / (entities - quarter);
  yield {
    title: isSmall
      ? '3. Must show, at the full size: start-up weighs too much in small accounts'
      : '3. Must show',
    rows: [
      atMost('time / time of the bare loop', crawl.seconds / loop.seconds, 1.5),
      unlimited('CPU time / CPU time of the bare loop', crawl.cpuSeconds / loop.cpuSeconds),
      atMost('peak RSS in MB', crawl.peakBytes / 1e6, 400),
      atMost(`growth in bytes per entity from ${count(quarter)} to ${count(entities)}`, growth, 64),
    ],
  };
  yield {
    title: '3. The sandbox',
    rows: [fewer, crawl].map(({ sandbox, ...outcome }) => ({
      entities: count(outcome.entities),
      'start s': sandbox.startSeconds.toFixed(1),
      'peak RSS GB': (sandbox.peakBytes / 1e9).toFixed(2),
      'CPU ms / page': millisecondsPerPage(sandbox, outcome),
      'CPU ms / page of the export': millisecondsPerPage(outcome, outcome),
    })),
  };
}

function millisecondsPerPage({ cpuSeconds }, { operations }) {
  return ((cpuSeconds * 1000) / total(operations).pages).toFixed(2);
}

/** What each contestant needs against one sandbox, one after the other, the sandbox being warm. */
async function contest(account, contestants) {
  const sandbox = await startSandboxApart({ seed: SEED, ...account });
  const { url, region, startSeconds } = sandbox;
  const outcomes = [];
  try {
    if (account.ratePerSecond === undefined) {
      await runApart('bare-loop', { url, region, concurrency: CONCURRENCY, pages: 20 });
    }
    for (const [role, job] of contestants) {
      const before = await sandbox.used();
      const outcome = await runApart(role, { url, region, ...job });
      const { cpuSeconds, peakBytes } = await sandbox.used();
      const used = { startSeconds, peakBytes, cpuSeconds: cpuSeconds - before.cpuSeconds };
      outcomes.push({ ...outcome, sandbox: used });
    }
  } finally {
    await sandbox.close();
  }
  return outcomes;
}

function row(method, outcome) {
  const { calls, pages, throttles } = total(outcome.operations);
  return {
    method,
    calls: Math.round(calls),
    pages: Math.round(pages),
    throttled: Math.round(throttles),
    'wall s': outcome.seconds.toFixed(1),
    'pages/s': pagesPerSecond(outcome).toFixed(1),
    'CPU s': outcome.cpuSeconds?.toFixed(1) ?? '',
    'peak RSS MB': outcome.peakBytes === undefined ? '' : (outcome.peakBytes / 1e6).toFixed(0),
    'sandbox CPU s': outcome.sandbox?.cpuSeconds.toFixed(1) ?? '',
  };
}

/** The same method on an account so many times as large; memory is not scaled. */
function scaled({ operations, seconds, cpuSeconds }, factor) {
  const { calls, pages, throttles } = total(operations);
  return {
    operations: { all: { calls: calls * factor, pages: pages * factor, throttles: throttles * factor } },
    seconds: seconds * factor,
    cpuSeconds: cpuSeconds * factor,
  };
}

function pagesPerSecond({ operations, seconds }) {
  return total(operations).pages / seconds;
}

function atMost(figure, value, limit) {
  return { figure, value: value.toFixed(2), limit: `<= ${limit}`, verdict: value <= limit ? 'ok' : 'MISSED' };
}

function atLeast(figure, value, limit) {
  return { figure, value: value.toFixed(2), limit: `>= ${limit}`, verdict: value >= limit ? 'ok' : 'MISSED' };
}

function unlimited(figure, value) {
  return { figure, value: value.toFixed(2), limit: '', verdict: '' };
}

/** A crawl that leaves something out is fast, and worth nothing. */
function assertWhole(outcome, entities) {
  if (outcome.entities === entities) return;
  throw new Error(`The export has ${count(outcome.entities)} of ${count(entities)} entities.`);
}

function sum(numbers) {
  return numbers.reduce((all, number) => all + number, 0);
}
