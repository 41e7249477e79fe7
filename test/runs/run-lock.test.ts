import { spawnSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EXIT_CODES, LineageError } from '../../src/errors.ts';
import { lockRun } from '../../src/runs/run-lock.ts';
import { temporaryDirectory } from './run-tree.ts';

async function runIn(out: string, holder?: unknown): Promise<string> {
  const directory = join(out, 'run');
  if (holder !== undefined) {
    await writeFile(`${directory}.lock`, typeof holder === 'string' ? holder : JSON.stringify(holder));
  }
  return directory;
}

/** The id of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

test('a lock says who holds it, and is gone when it is given back', async () => {
  const out = await temporaryDirectory();
  const directory = await runIn(out);

  const unlock = await lockRun(directory);
  const held = [await readdir(out), JSON.parse(await readFile(`${directory}.lock`, 'utf8'))];
  await unlock();

  expect(held).toEqual([['run.lock'], { pid: process.pid, host: hostname() }]);
  expect(await readdir(out)).toEqual([]);
});

test.each<[string, () => { pid: number; host: string }]>([
  ['this process', () => ({ pid: process.pid, host: hostname() })],
  ['another live process of this machine', () => ({ pid: process.ppid, host: hostname() })],
  ['a process of another machine, of which nothing is known', () => ({ pid: deadPid(), host: 'elsewhere' })],
])('a run that %s writes is locked', async (_, holder) => {
  const { pid, host } = holder();
  const directory = await runIn(await temporaryDirectory(), { pid, host });

  const error = await lockRun(directory).catch((thrown: unknown) => thrown);

  expect(error).toBeInstanceOf(LineageError);
  expect(error).toMatchObject({
    outcome: 'locked',
    message: `Process ${pid} on ${host} is writing ${directory}.`,
    hint: `Wait for it to end. If it is gone, remove ${directory}.lock.`,
    details: { directory, pid, host },
  });
  expect(EXIT_CODES[(error as LineageError).outcome]).toBe(7);
  expect(JSON.parse(await readFile(`${directory}.lock`, 'utf8'))).toEqual({ pid, host });
});

test.each<[string, () => unknown]>([
  ['a process that is gone', () => ({ pid: deadPid(), host: hostname() })],
  ['nobody, since the disk was full', () => ''],
])('the lock of %s is taken over', async (_, holder) => {
  const directory = await runIn(await temporaryDirectory(), holder());

  const unlock = await lockRun(directory);

  expect(JSON.parse(await readFile(`${directory}.lock`, 'utf8'))).toEqual({
    pid: process.pid,
    host: hostname(),
  });
  await unlock();
});

test('a second lock of the same process is refused until the first is given back', async () => {
  const directory = await runIn(await temporaryDirectory());
  const unlock = await lockRun(directory);

  await expect(lockRun(directory)).rejects.toMatchObject({ outcome: 'locked' });
  await unlock();

  await (await lockRun(directory))();
});
