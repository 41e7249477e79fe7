import { access, mkdir, rename, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { LineageError } from '../errors.ts';
import { EDGES_FILE, KINDS, type Kind } from '../graph/kinds.ts';

/** Where a run is written, and where it will be. */
export type RunDirectory = {
  /** UTC time that sorts as text: `20261121T041500.123Z`. */
  readonly run: string;
  /** Absolute; what readers see once the run is whole. */
  readonly path: string;
  /** Absolute; where it grows: `<path>.partial`. */
  readonly partial: string;
};

/**
 * Makes an empty directory for a run that starts now, with the folders of a run in it. Where the millisecond is taken by
 * another run, finished or under way, the next one is.
 *
 * @throws LineageError (usage) where no directory can be made there.
 */
export async function createRunDirectory(out: string, now: Date): Promise<RunDirectory> {
  try {
    await mkdir(out, { recursive: true });
    for (let ms = now.getTime(); ; ms += 1) {
      const run = runId(new Date(ms));
      const path = resolve(out, run);
      const directory = { run, path, partial: `${path}.partial` };
      if (!(await claim(directory))) continue;
      for (const folder of ['data/nodes', 'data/edges', 'index', PARTS]) {
        await mkdir(join(directory.partial, folder), { recursive: true });
      }
      return directory;
    }
  } catch (error) {
    throw fileSystemError(error, out);
  }
}

/** `20261121T041500.123Z` */
export function runId(time: Date): string {
  return time.toISOString().replaceAll(/[-:]/g, '');
}

/**
 * The directory of a run that was cut short.
 *
 * @param run its id, to be found under `out`, or the path of its directory
 * @returns also whether the run is finished already, which only the end of its process can have hidden
 * @throws LineageError (usage) where there is no such run.
 */
export async function findRunDirectory(
  out: string,
  run: string,
): Promise<RunDirectory & { readonly isFinished: boolean }> {
  const name = run.replace(/\/+$/, '').replace(/\.partial$/, '');
  const path = name.includes('/') ? resolve(name) : resolve(out, name);
  const directory = { run: basename(path), path, partial: `${path}.partial` };
  if (await exists(directory.partial)) return { ...directory, isFinished: false };
  if (await exists(path)) return { ...directory, isFinished: true };
  throw new LineageError('usage', `There is no run to resume: ${directory.partial} does not exist.`, {
    hint: 'Pass the id of a run that was cut short, as `smlineage export` printed it, and its --out directory.',
    details: { run: directory.run, path: directory.partial },
  });
}

/**
 * Gives a run its final name, after which readers see it. What it needed only while it grew goes last: a process that is
 * killed before the run has its name leaves all that a resume needs.
 */
export async function publishRun({ partial, path }: RunDirectory): Promise<void> {
  await rename(partial, path);
  await tidyRun(path);
}

/** Removes what a run needed only while it grew, if it is still there. */
export async function tidyRun(path: string): Promise<void> {
  await rm(join(path, PARTS), { recursive: true, force: true });
  await rm(join(path, SCOPES), { recursive: true, force: true });
  await rm(join(path, JOURNAL_FILE), { force: true });
}

/** The folder for what a run needs only while it grows. */
const PARTS = 'parts';

/** The folders of scopes, each with a journal and parts, where a run has several. */
const SCOPES = 'scopes';

/** Where a scope of several keeps what a run needs only while it grows, from the directory of the run. */
export function scopeFolder(key: string): string {
  return `${SCOPES}/${key}`;
}

/** Makes the folder that a scope's parts are in, where there is none. */
export async function makeScopeFolder(directory: string, key: string): Promise<string> {
  const folder = join(directory, scopeFolder(key));
  await mkdir(join(folder, PARTS), { recursive: true });
  return folder;
}

/** The journal of a run, see journal.ts. */
export const JOURNAL_FILE = 'journal.jsonl';

/** Paths of a run's files, from its directory. */
export function vertexFile(kind: Kind, gzip: boolean): string {
  return `data/nodes/${KINDS[kind].file}${gzip ? '.gz' : ''}`;
}

export function edgeFile(gzip: boolean): string {
  return `data/edges/${EDGES_FILE}${gzip ? '.gz' : ''}`;
}

export function indexFile(of: Kind | 'edge'): string {
  return `index/${of}.csv`;
}

export function partFile(name: string): string {
  return `${PARTS}/${name}`;
}

/** A refusal of the file system as an error that the user can act on; any other error as it is. */
export function fileSystemError(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const explanation = FILE_SYSTEM_ERRORS[code];
  if (error instanceof LineageError || explanation === undefined) return error;
  const { outcome, what, hint } = explanation;
  return new LineageError(outcome, `Cannot write the run to ${path}: ${what} (${code}).`, {
    cause: error,
    hint,
    details: { path, code },
  });
}

const ANOTHER_DIRECTORY = 'Pass a directory that can be written to as --out.';
const MAKE_ROOM = 'Make room there, or export to a directory on another disk.';

const FILE_SYSTEM_ERRORS: Readonly<
  Record<string, { outcome: 'usage' | 'unexpected'; what: string; hint: string }>
> = {
  EACCES: { outcome: 'usage', what: 'permission denied', hint: ANOTHER_DIRECTORY },
  EPERM: { outcome: 'usage', what: 'operation not permitted', hint: ANOTHER_DIRECTORY },
  EROFS: { outcome: 'usage', what: 'the file system is read-only', hint: ANOTHER_DIRECTORY },
  EEXIST: { outcome: 'usage', what: 'a file is in the way of the directory', hint: ANOTHER_DIRECTORY },
  ENOTDIR: { outcome: 'usage', what: 'a part of the path is not a directory', hint: ANOTHER_DIRECTORY },
  ENAMETOOLONG: { outcome: 'usage', what: 'the path is too long', hint: ANOTHER_DIRECTORY },
  ENOSPC: { outcome: 'unexpected', what: 'the disk is full', hint: MAKE_ROOM },
  EDQUOT: { outcome: 'unexpected', what: 'the disk quota is used up', hint: MAKE_ROOM },
  EFBIG: { outcome: 'unexpected', what: 'a file may not grow any further', hint: MAKE_ROOM },
  EIO: { outcome: 'unexpected', what: 'the disk failed', hint: 'Check the disk.' },
};

/** Takes the directory's name; false where a run has it already. */
async function claim({ path, partial }: RunDirectory): Promise<boolean> {
  if (await exists(path)) return false;
  try {
    await mkdir(partial);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
