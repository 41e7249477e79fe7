import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ExportEvent, type ExportResult, exportLineage } from '../../src/runs/export.ts';
import { filesBelow, fingerprint, temporaryDirectory } from './run-tree.ts';
import { records, region, type ServedAccount, serveAccount } from './sandbox-export.ts';

/* Exports that `kill -9` ends at some instant, and their resumes. The instants are drawn from a seed; what a process
 * does at one is up to the machine. */

const SEED = 4;
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const CHILD = fileURLToPath(new URL('export-child.mjs', import.meta.url));

/** So small and so late pages that a run takes about half a second, and that listings are divided. */
const SERVING = { pageSize: 10, latencyMs: 2 };

/** How a run is killed: what it exports, how often, and how many listings it has. */
const MODES = [
  { detail: 'summary', options: {}, instants: 50, listings: 9 },
  // Membership comes with the details, so it has no listings of its own.
  {
    detail: 'full',
    options: { detail: 'full', tags: true, promote: ['properties.team'] },
    instants: 12,
    listings: 7,
  },
] as const;

type Mode = (typeof MODES)[number];

/** A run that nothing befell. */
type Calm = {
  readonly expected: Record<string, string>;
  readonly files: readonly string[];
  /** How long an undisturbed child runs, and how much of it after the last listing. */
  readonly wholeMs: number;
  readonly joiningMs: number;
};

let served: ServedAccount;
/** A copy of the compiled code: whoever compiles meanwhile would take the files away from a child that starts. */
let compiled: string;

beforeAll(async () => {
  compiled = await temporaryDirectory();
  for (const name of ['dist', 'package.json'])
    await cp(join(PROJECT, name), join(compiled, name), { recursive: true });
  await symlink(join(PROJECT, 'node_modules'), join(compiled, 'node_modules'));
  served = await serveAccount(records(120, SEED), SERVING);
});

afterAll(() => served.close());

async function calmRun(mode: Mode): Promise<Calm> {
  const child = await readyChild(mode);
  const events: string[] = [];
  let [joiningAt, finishedAt] = [0, 0];
  child.process.on('message', ({ type }: ExportEvent) => {
    events.push(type);
    if (type === 'listing-finished') joiningAt = performance.now();
    if (type === 'run-finished') finishedAt = performance.now();
  });
  const startedAt = performance.now();
  child.process.send('start');
  await once(child.process, 'exit');
  expect(events.at(-1)).toBe('run-finished');
  const [run = ''] = await readdir(child.out);
  return {
    expected: await fingerprint(`${child.out}/${run}`),
    files: await filesBelow(`${child.out}/${run}`),
    wholeMs: finishedAt - startedAt,
    joiningMs: finishedAt - joiningAt,
  };
}

/** A child that has loaded all code and waits for the start. */
async function readyChild({ options }: Mode): Promise<{ process: ChildProcess; out: string }> {
  const out = await temporaryDirectory();
  const child = fork(CHILD, [join(compiled, 'dist'), served.url, region, out, JSON.stringify(options)]);
  const stillborn = once(child, 'exit').then(([code]) => {
    throw new Error(`The child ended with ${code} before it was ready.`);
  });
  stillborn.catch(() => undefined);
  await Promise.race([once(child, 'message'), stillborn]);
  return { process: child, out };
}

/** A number of a seeded sequence (mulberry32), from 0 on and before 1. */
function random(seed: number): number {
  let t = (seed + 0x6d2b79f5) | 0;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

/** Two of three kills come at any time of the run, the others after its last listing, where little time is. */
async function killed(
  child: ChildProcess,
  instant: number,
  { listings, wholeMs, joiningMs }: Mode & Calm,
): Promise<ExportEvent['type']> {
  let finished = 0;
  let last: ExportEvent['type'] = 'run-started';
  const isJoining = new Promise<void>((resolve) => {
    child.on('message', ({ type }: ExportEvent) => {
      last = type;
      if (type === 'listing-finished') finished += 1;
      if (finished === listings) resolve();
    });
  });
  const exit = once(child, 'exit');
  child.send('start');
  const fraction = random(SEED * 1_000 + instant);
  if (instant % 3 === 0) await Promise.race([isJoining.then(() => sleep(fraction * joiningMs)), exit]);
  else await sleep(fraction * wholeMs);
  child.kill('SIGKILL');
  await exit;
  return last;
}

/** Goes on with what the killed process left; every fifth time it is stopped once more on the way. */
async function resumed(
  out: string,
  instant: number,
  { options, wholeMs }: Mode & Calm,
): Promise<ExportResult> {
  const [name] = (await readdir(out)).filter((entry) => !entry.includes('.lock'));
  const job = { clients: served.clients, region, out, concurrency: 4, ...options };
  if (name === undefined) return exportLineage(job);
  const resume = name.replace(/\.partial$/, '');
  if (instant % 5 === 0) {
    const signal = AbortSignal.timeout(Math.round(random(instant) * wholeMs));
    const first = await exportLineage({ ...job, resume, signal }).catch(({ outcome }) => outcome);
    if (typeof first !== 'string') return first;
    if (first !== 'usage') expect(first).toBe('deadline');
  }
  return exportLineage({ ...job, resume }).catch((error) => {
    // Killed before the first line of its journal, of which nobody has heard.
    if (error.outcome === 'usage' && /nothing to resume/.test(error.message)) return exportLineage(job);
    throw error;
  });
}

describe.each(MODES)('detail $detail', (mode) => {
  test('a run that is killed at any instant is resumed to the bytes of one that was not', async () => {
    const calm = await calmRun(mode);
    const plan = { ...mode, ...calm };
    const cutShort: ExportEvent['type'][] = [];
    let instants = 0;
    const lane = async () => {
      let next = readyChild(mode);
      while (instants < mode.instants) {
        const instant = instants;
        instants += 1;
        const child = await next;
        const last = await killed(child.process, instant, plan);
        if (last !== 'run-finished') cutShort.push(last);
        next = readyChild(mode);

        const { directory, complete } = await resumed(child.out, instant, plan);

        expect(complete).toBe(true);
        expect(await fingerprint(directory), `instant ${instant}, after ${last}`).toEqual(calm.expected);
        expect(await filesBelow(directory)).toEqual(calm.files);
      }
      (await next).process.kill('SIGKILL');
    };

    // Twice, so that one process starts while another is killed.
    await Promise.all([lane(), lane()]);

    // Else the kills came too late to prove anything.
    expect(cutShort.length).toBeGreaterThan(mode.instants / 4);
    expect(cutShort).toContain('page');
  });
});
