import { join, resolve } from 'node:path';
import type { DetailCache } from '../crawl/details.ts';
import { detailOf } from '../csv/read.ts';
import { LineageError } from '../errors.ts';
import type { Kind } from '../graph/kinds.ts';
import type { VertexRow } from '../graph/rows.ts';
import { type Manifest, readManifest } from '../snapshot/manifest.ts';
import { previousDetails } from './previous-run.ts';
import { openRowFile, type RowFile } from './row-file.ts';
import { partFile, vertexFile } from './run-directory.ts';

export type DetailCacheOptions = {
  /** The directory that holds the runs. */
  readonly out: string;
  /** The run that grows: its id and the directory that it grows in. */
  readonly run: string;
  readonly partial: string;
  readonly region: string;
  /** The run to look up in: its id, or the path of its directory. @default the latest of full detail before this one */
  readonly since?: string | undefined;
  /** Called with the run, once it is known that there is one. */
  readonly onFound: (run: string) => void;
  /** Called where a file of a run that nobody named cannot be used: its entities are described. */
  readonly onRefused: (run: string, reason: string) => void;
};

/**
 * The entities of an earlier run of full detail, to be described again only where they were modified. It changes what an
 * export costs, never what it gives: where that run is gone at a resume, everything is described.
 *
 * `find` throws LineageError (usage) where `since` is no run of full detail; (validationFailed) where files of that run were
 * changed.
 */
export function createDetailCache(options: DetailCacheOptions): DetailCache & { close(): Promise<void> } {
  const { out, run, partial, region, since, onFound, onRefused } = options;
  const runs = new Map<string, Promise<Source | undefined>>();
  const files = new Map<string, Promise<RowFile | undefined>>();

  async function sourceOf(account: string): Promise<Source | undefined> {
    const source = since === undefined ? await latest(account) : await named(since);
    if (source !== undefined) onFound(source.manifest.run);
    return source;
  }

  async function latest(account: string): Promise<Source | undefined> {
    const manifest = await previousDetails(resolve(out), { run, account, region });
    return manifest && { manifest, directory: resolve(out, manifest.run) };
  }

  async function named(name: string): Promise<Source> {
    const directory = name.includes('/') ? resolve(name) : resolve(out, name);
    const manifest = await readManifest(directory);
    if (manifest.detail === 'full') return { manifest, directory };
    throw new LineageError(
      'usage',
      `${directory} cannot save calls: it is a run of ${manifest.detail} detail.`,
      {
        hint: 'Name a run that was exported with --detail full, or none.',
        details: { run: manifest.run, detail: manifest.detail },
      },
    );
  }

  async function fileOf({ manifest, directory }: Source, kind: Kind): Promise<RowFile | undefined> {
    const names = [vertexFile(kind, false), vertexFile(kind, true)];
    const entry = manifest.files.find(({ path }) => names.includes(path));
    if (entry === undefined) return undefined;
    const copy = join(partial, partFile(`${manifest.run}-${kind}.csv`));
    let file: RowFile;
    try {
      file = await openRowFile(join(directory, entry.path), entry, { detail: 'full', copy });
    } catch (error) {
      // What somebody did to an old run must not keep tonight's from being made.
      if (since !== undefined || !isUnusable(error)) throw error;
      onRefused(manifest.run, error.message);
      return undefined;
    }
    // Another version of this package may have had other columns.
    if (detailOf(kind, file.header) === 'full') return file;
    await file.close();
    return undefined;
  }

  return {
    async find(row) {
      const account = row.cells.account ?? '';
      const source = await once(runs, account, () => sourceOf(account));
      if (source === undefined) return undefined;
      const { run: name, tags } = source.manifest;
      const file = await once(files, `${name} ${row.kind}`, () => fileOf(source, row.kind));
      const found = await file?.find(row);
      if (found === undefined || !isUnmodified(found, row)) return undefined;
      return { row: found, hasTags: tags };
    },
    async close() {
      for (const file of files.values()) await (await file.catch(() => undefined))?.close();
    },
  };
}

/** Changed, damaged or taken away. */
function isUnusable(error: unknown): error is Error {
  if (error instanceof LineageError) return error.outcome === 'validationFailed';
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code === 'ENOENT' || code.startsWith('Z_');
}

type Source = { readonly manifest: Manifest; readonly directory: string };

/** An entity of which SageMaker does not say when it was modified may have been. */
function isUnmodified(found: VertexRow, listed: VertexRow): boolean {
  const [before, now] = [found, listed].map(({ cells }) =>
    'LastModifiedTime' in cells ? cells.LastModifiedTime?.getTime() : undefined,
  );
  return before !== undefined && before === now;
}

function once<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const made = known.get(key) ?? make();
  known.set(key, made);
  return made;
}
