import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LineageError } from '../../errors.ts';
import { kindOfArn } from '../../graph/arn.ts';
import { EDGES_FILE, KINDS, LISTED_KINDS, type ListedKind } from '../../graph/kinds.ts';

/** The CSV files of a run. */
export type RunFiles = { readonly vertices: readonly string[]; readonly edges: readonly string[] };

/** @throws LineageError (usage) where the directory holds no edges file. */
export async function runFiles(directory: string): Promise<RunFiles> {
  const vertices = await filesOf(join(directory, 'data', 'nodes'));
  const edges = await filesOf(join(directory, 'data', 'edges'));
  if (edges.some((file) => plainName(file) === EDGES_FILE)) return { vertices, edges };
  throw new LineageError('usage', `${directory} is not a run: it holds no data/edges/${EDGES_FILE}.`, {
    hint: 'Pass the directory that `smlineage export` printed.',
    details: { directory },
  });
}

/** What a graph made of these files depends on: their names, sizes and times of change. */
export async function stampOf({ vertices, edges }: RunFiles): Promise<string> {
  const stats = await Promise.all(
    [...vertices, ...edges].map(async (file) => {
      const { size, mtimeMs } = await stat(file);
      return [basename(file), size, mtimeMs];
    }),
  );
  return JSON.stringify(stats);
}

export function isCompressed(file: string): boolean {
  return file.endsWith('.gz');
}

/** Whether a file can hold any of these vertices: one of a kind holds only ARNs of that kind, the externals' any. */
export function mayHold(file: string, wanted: Iterable<string>): boolean {
  const kind = KIND_OF_FILE.get(plainName(file));
  for (const id of wanted) if (kind === undefined || kindOfArn(id) === kind) return true;
  return false;
}

/** The kind of which a file holds vertices, or undefined where it may hold any. */
export function kindOfFile(file: string): ListedKind | undefined {
  return KIND_OF_FILE.get(plainName(file));
}

const KIND_OF_FILE: ReadonlyMap<string, ListedKind> = new Map(
  LISTED_KINDS.map((kind) => [KINDS[kind].file, kind]),
);

async function filesOf(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return names
    .filter((name) => /\.csv(\.gz)?$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function plainName(file: string): string {
  return basename(file, '.gz');
}
