import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { fingerprint, temporaryDirectory } from '../runs/run-tree.ts';
import { type Ended, smlineage } from './smlineage.ts';

/* No room for the associations: the system lets no file of the process grow beyond some kilobytes, as a full disk does. */

const MAIN = fileURLToPath(new URL('../../bin/smlineage.mjs', import.meta.url));

/** Blocks of 512 bytes. The listings of so small an account need less, but for its associations. */
const BLOCKS = 32;

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ records: generateLineage({ entities: 150, seed: 8 }) });
});

afterAll(() => sandbox.close());

async function withoutRoom(args: readonly string[]): Promise<Ended> {
  const command = 'ulimit -f "$0" && exec "$@"';
  const child = spawn('sh', ['-c', command, String(BLOCKS), process.execPath, MAIN, ...args], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...sandbox.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { exitCode, stdout, stderr };
}

test('a full disk is told with the path, keeps the finished shards, and lets a resume end in the same bytes', async () => {
  const out = await temporaryDirectory();

  const full = await withoutRoom(['export', '--out', out]);

  const [name = ''] = await readdir(out);
  const run = name.replace('.partial', '');
  const partial = join(out, `${run}.partial`);
  expect([full.exitCode, full.stdout, name]).toEqual([1, '', `${run}.partial`]);
  expect(full.stderr).toContain(
    `Cannot write the run to ${partial}: a file may not grow any further (EFBIG).`,
  );
  expect(full.stderr).toContain(`--resume ${run}`);
  expect(full.stderr).not.toMatch(/\n\s+at /);
  const finished = (await readFile(join(partial, 'journal.jsonl'), 'utf8')).trimEnd().split('\n').length - 1;
  expect(finished).toBeGreaterThan(0);

  const callsOf = async (args: readonly string[]) => {
    const before = sandbox.log.calls('sagemaker');
    const ended = await smlineage(['export', '--out', ...args], { env: sandbox.environment });
    return { ended, calls: sandbox.log.calls('sagemaker') - before };
  };
  const resumed = await callsOf([out, '--resume', run]);
  const whole = await callsOf([await temporaryDirectory()]);

  expect([resumed.ended.exitCode, whole.ended.exitCode]).toEqual([0, 0]);
  expect(await fingerprint(join(out, run))).toEqual(await fingerprint(whole.ended.stdout.trim()));
  expect(resumed.calls).toBeLessThan(whole.calls);
});
