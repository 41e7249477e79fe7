import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import {
  checkFile,
  createKnownIds,
  type FileSummary,
  kindOf,
  settleRepeated,
} from '../csv/check/check-file.ts';
import { createFindings } from '../csv/check/findings.ts';
import type { FileKind } from '../csv/check/header.ts';
import { type Finding, RULES, type RuleName } from '../csv/check/rules.ts';
import type { CheckedFile } from '../csv/check/text.ts';
import { LineageError } from '../errors.ts';
import { asFolder, formatS3Uri, parseS3Uri } from '../neptune/s3-uri.ts';
import { listObjects } from '../neptune/upload.ts';
import { MANIFEST_FILE } from '../snapshot/manifest.ts';
import { orInterrupted } from './interrupted.ts';
import { localFile, objectFile } from './source-files.ts';

export type CheckRunOptions = {
  /**
   * A run, of which `data/` is checked, or any directory, file or `s3://bucket/prefix`, of which everything is: the loader
   * takes every object under its source for data.
   */
  readonly source: string;
  /** For a source in S3. */
  readonly s3?: S3Client | undefined;
  /** Findings to keep of each level; all are counted. @default 100 */
  readonly maxFindings?: number | undefined;
  /** Whether `~from` and `~to` must be vertices of these files; not so where the graph has them already. @default true */
  readonly endpoints?: boolean | undefined;
  /** Take times with fractions of a second, which Neptune does not document. @default false */
  readonly acceptMilliseconds?: boolean | undefined;
  /** Note what Neptune Analytics reads otherwise. @default false */
  readonly analytics?: boolean | undefined;
  readonly onProgress?: ((progress: CheckProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};

export type CheckProgress = {
  readonly file: string;
  /** Of the first reading of all files, as they are stored. */
  readonly readBytes: number;
  readonly totalBytes: number;
};

export type CheckReport = {
  readonly source: string;
  readonly files: readonly (Omit<FileSummary, 'kind' | 'isWhole'> & {
    readonly file: string;
    readonly kind: FileKind | null;
    /** As it is stored. */
    readonly bytes: number;
  })[];
  readonly errors: number;
  readonly notes: number;
  /** How often each rule was broken; a note is told once for each file. */
  readonly byRule: Readonly<Partial<Record<RuleName, number>>>;
  /** The first errors, then the first notes. */
  readonly findings: readonly Finding[];
  /** Findings that are counted, and not among `findings`. */
  readonly more: number;
};

/**
 * Checks files in Neptune's Gremlin load format against all rules of the loader, without loading them: each file, then ids
 * across files. Memory holds 64 bits of each id. Ids that seem to come twice are compared as texts by a second reading, the
 * first 10,000 of each kind; an end of an edge passes unnoticed for a vertex with a probability of vertices / 2^64.
 *
 * @throws LineageError (usage) where there is nothing to check; (interrupted); what S3 or the file system refuse as it is told there.
 */
export async function checkRun(options: CheckRunOptions): Promise<CheckReport> {
  const { source, signal } = options;
  const hint = 'Nothing was written anywhere: check again when you are ready.';
  return await orInterrupted({ doing: `checking ${source}`, hint, signal }, () => check(options));
}

async function check(options: CheckRunOptions): Promise<CheckReport> {
  const {
    source,
    maxFindings = 100,
    endpoints = true,
    acceptMilliseconds = false,
    analytics = false,
  } = options;
  const files = await inLoadOrder(watched(await findFiles(options), options));
  const findings = createFindings(maxFindings);
  const known = createKnownIds();
  const summaries: CheckReport['files'][number][] = [];
  let areVerticesKnown = true;
  for (const { file, kind } of files) {
    const judgesEnds = endpoints && areVerticesKnown;
    const summary = await checkFile(
      file,
      { acceptMilliseconds, analytics, endpoints: judgesEnds },
      known,
      findings,
    );
    const { rows, isWhole } = summary;
    summaries.push({ file: file.name, kind: summary.kind ?? null, rows, bytes: file.bytes });
    if (kind === 'edge' || isWhole || !endpoints) continue;
    if (areVerticesKnown)
      findings.add('endpoints-unchecked', () => ({ file: file.name, line: 1, record: 0 }));
    areVerticesKnown = false;
  }
  await settleAll(files, known, findings);
  return reportOf(source, summaries, findings);
}

/** @throws LineageError (validationFailed) where the report has errors. */
export function assertChecked({ source, errors, findings, byRule }: CheckReport): void {
  if (errors === 0) return;
  const [first] = findings;
  const at = first === undefined ? '' : `: ${first.rule} at ${first.file}:${first.line}`;
  const what = errors === 1 ? '1 error' : `${errors} errors, the first`;
  throw new LineageError('validationFailed', `${source} cannot be loaded as it is: ${what}${at}.`, {
    hint: 'Mend the files, or export again; `smlineage check` tells every place, and docs/check.md every rule.',
    details: { source, errors, byRule },
  });
}

type OrderedFile = { readonly file: CheckedFile; readonly kind: FileKind | undefined };

/** As the loader reads them, and as endpoints need it: vertex files, those that cannot be read, edge files. */
async function inLoadOrder(files: readonly CheckedFile[]): Promise<readonly OrderedFile[]> {
  const ordered: OrderedFile[] = [];
  for (const file of files) ordered.push({ file, kind: await kindOf(file) });
  const rank = ({ kind }: OrderedFile) => (kind === 'edge' ? 2 : kind === 'vertex' ? 0 : 1);
  return ordered.sort((one, other) => rank(one) - rank(other));
}

async function settleAll(
  files: readonly OrderedFile[],
  known: ReturnType<typeof createKnownIds>,
  findings: ReturnType<typeof createFindings>,
): Promise<void> {
  for (const kind of ['vertex', 'edge'] as const) {
    const { hashes, beyond } = known[kind].repeated;
    if (hashes.size === 0) continue;
    const met: Parameters<typeof settleRepeated>[2] = new Map();
    for (const { file, kind: fileKind } of files) {
      if (fileKind === kind) await settleRepeated(file, known, met, findings);
    }
    findings.count(kind === 'vertex' ? 'duplicate-vertex-id' : 'duplicate-edge-id', beyond);
  }
}

function reportOf(
  source: string,
  files: CheckReport['files'],
  { kept, counts }: ReturnType<typeof createFindings>,
): CheckReport {
  let errors = 0;
  let notes = 0;
  for (const [rule, count] of counts) {
    if (RULES[rule].level === 'error') errors += count;
    else notes += count;
  }
  const findings = kept;
  const byRule = Object.fromEntries(counts);
  return { source, files, errors, notes, byRule, findings, more: errors + notes - findings.length };
}

/** The files with an ear on what is read of them, once. */
function watched(
  files: readonly CheckedFile[],
  { onProgress, signal }: CheckRunOptions,
): readonly CheckedFile[] {
  const totalBytes = files.reduce((total, { bytes }) => total + bytes, 0);
  let before = 0;
  return files.map((file) => {
    let opened = 0;
    return {
      ...file,
      async *open() {
        opened += 1;
        // The first look is at the header only; the second is the check; a third may settle ids.
        const isCheck = opened === 2;
        for await (const chunk of file.open()) {
          signal?.throwIfAborted();
          if (isCheck) before += chunk.length;
          if (isCheck) onProgress?.({ file: file.name, readBytes: before, totalBytes });
          yield chunk;
        }
      },
    };
  });
}

async function findFiles(options: CheckRunOptions): Promise<readonly CheckedFile[]> {
  const { source } = options;
  const all = source.startsWith('s3://') ? await objectsOf(options) : await localFiles(options);
  const files = ofRun(all, asFolderName(source));
  if (files.length > 0) return files;
  throw new LineageError('usage', `There is nothing to check in ${source}.`, {
    hint: 'Pass the directory of a run, or any directory or s3://bucket/prefix with Neptune CSV files.',
    details: { source },
  });
}

/** What the loader would be given: of a run its `data/`, otherwise everything. */
function ofRun(files: readonly CheckedFile[], folder: string): readonly CheckedFile[] {
  const isRun = files.some(({ name }) => name === `${folder}${MANIFEST_FILE}`);
  return isRun ? files.filter(({ name }) => name.startsWith(`${folder}data/`)) : files;
}

function asFolderName(source: string): string {
  return source.startsWith('s3://') ? formatS3Uri(asFolder(parseS3Uri(source))) : join(source, '/');
}

async function objectsOf({ source, s3, signal }: CheckRunOptions): Promise<readonly CheckedFile[]> {
  if (s3 === undefined) throw new TypeError('Expected an S3 client for a source in S3.');
  const files: CheckedFile[] = [];
  for await (const { bucket, key, bytes } of listObjects(s3, asFolder(parseS3Uri(source)), signal)) {
    // Consoles leave empty objects that stand for folders.
    if (bytes === 0 && key.endsWith('/')) continue;
    files.push(objectFile(s3, { bucket, key, bytes }, signal));
  }
  return files;
}

async function localFiles({ source }: CheckRunOptions): Promise<readonly CheckedFile[]> {
  const paths = await pathsIn(source);
  return Promise.all(paths.map(async (path) => localFile(path, (await stat(path)).size)));
}

async function pathsIn(source: string): Promise<readonly string[]> {
  try {
    if ((await stat(source)).isFile()) return [source];
    const entries = await readdir(source, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (cause) {
    throw new LineageError('usage', `${source} cannot be read: ${(cause as Error).message}.`, {
      cause,
      hint: 'Pass the directory of a run, or any directory or s3://bucket/prefix with Neptune CSV files.',
      details: { source },
    });
  }
}
