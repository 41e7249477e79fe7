import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { LineageError } from '../errors.ts';

/**
 * Keeps a second process from writing the same run, by a file beside its directory. A lock whose process is gone (on this machine) is taken over.
 *
 * @returns gives the lock back
 * @throws LineageError (locked) where another process holds it.
 */
export async function lockRun(directory: string): Promise<() => Promise<void>> {
  const path = `${directory}.lock`;
  for (;;) {
    if (await take(path)) return () => rm(path, { force: true });
    const holder = await holderOf(path);
    if (holder !== undefined && isAlive(holder)) {
      throw new LineageError('locked', `Process ${holder.pid} on ${holder.host} is writing ${directory}.`, {
        hint: `Wait for it to end. If it is gone, remove ${path}.`,
        details: { directory, ...holder },
      });
    }
    await rm(path, { force: true });
  }
}

/** Whether a process is writing the run. */
export async function isRunLocked(directory: string): Promise<boolean> {
  const holder = await holderOf(`${directory}.lock`);
  return holder !== undefined && isAlive(holder);
}

type Holder = { readonly pid: number; readonly host: string };

/** Written aside and linked: a lock file is never seen without its holder in it. */
async function take(path: string): Promise<boolean> {
  const aside = `${path}.${process.pid}`;
  await writeFile(aside, JSON.stringify({ pid: process.pid, host: hostname() }));
  try {
    await link(aside, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/** Undefined where the lock has just been given back, or is none of ours. */
async function holderOf(path: string): Promise<Holder | undefined> {
  try {
    const { pid, host } = JSON.parse(await readFile(path, 'utf8'));
    return { pid: Number(pid), host: String(host) };
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Of another machine's process nothing is known: it counts as alive. */
function isAlive({ pid, host }: Holder): boolean {
  if (host !== hostname()) return true;
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
