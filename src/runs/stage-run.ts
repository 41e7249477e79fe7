import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type FileToUpload, readContent } from '../neptune/file-content.ts';
import { MANIFEST_FILE, type Manifest, type ManifestFile, readManifest } from '../snapshot/manifest.ts';
import { REPORT_FILE } from '../snapshot/report.ts';
import { eachOf } from './each-of.ts';

/** A file as it goes to S3. */
export type StagedFile = FileToUpload & {
  /** From the run's folder: `data/edges/edges.csv`. */
  readonly target: string;
};

/** A run, ready to be sent. */
export type StagedRun = {
  /** Describes the files as they are sent. */
  readonly manifest: Manifest;
  /** The manifest's text as it is sent. */
  readonly manifestText: string;
  /** The files of the manifest, then the report where there is one. */
  readonly files: readonly StagedFile[];
  /** Takes away what was written for the sending. */
  close(): Promise<void>;
};

type StageOptions = {
  readonly directory: string;
  /** Compress the files of `data/` that are not yet. */
  readonly gzip: boolean;
  /** Files compressed at a time. */
  readonly concurrency: number;
  readonly signal?: AbortSignal | undefined;
};

/**
 * A run directory as it goes to S3. Compressed files are written to the directory for temporary files first, since size and
 * SHA-256 must be known before the first byte is sent; the same file gives the same bytes.
 *
 * @throws LineageError (usage) where the directory is no run; (validationFailed) where a file to compress changed.
 */
export async function stageRun({ directory, gzip, concurrency, signal }: StageOptions): Promise<StagedRun> {
  const manifest = await readManifest(directory);
  const report = await stageReport(directory);
  const reports = report === undefined ? [] : [report];
  const asTheyAre = manifest.files.map((file) => staged(file, join(directory, file.path)));
  if (!gzip || !manifest.files.some(isCompressible)) {
    const manifestText = await readFile(join(directory, MANIFEST_FILE), 'utf8');
    return { manifest, manifestText, files: [...asTheyAre, ...reports], close: async () => undefined };
  }

  const folder = await mkdtemp(join(tmpdir(), 'smlineage-upload-'));
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    const files = await eachOf(manifest.files, { concurrency, signal }, async (file, stop) => {
      const source = { ...file, path: join(directory, file.path) };
      if (!isCompressible(file)) return { file, path: source.path };
      const path = join(folder, file.path.replaceAll('/', '-'));
      return { file: { ...file, path: `${file.path}.gz`, ...(await compress(source, path, stop)) }, path };
    });
    const sent = { ...manifest, files: files.map(({ file }) => file) };
    return {
      manifest: sent,
      manifestText: `${JSON.stringify(sent, null, 2)}\n`,
      files: [...files.map(({ file, path }) => staged(file, path)), ...reports],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function staged({ path: target, bytes, sha256 }: ManifestFile, path: string): StagedFile {
  return { target, path, bytes, sha256 };
}

async function stageReport(directory: string): Promise<StagedFile | undefined> {
  const path = join(directory, REPORT_FILE);
  try {
    const { size } = await stat(path);
    const sha256 = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    return { target: REPORT_FILE, path, bytes: size, sha256 };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** An export with --gzip leaves the index plain, too: the loader does not read it. */
function isCompressible({ path }: ManifestFile): boolean {
  return path.startsWith('data/') && !path.endsWith('.gz');
}

async function compress(
  file: FileToUpload,
  to: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const at = GZIP_OS_BYTE - bytes;
      if (at >= 0 && at < chunk.length) chunk[at] = GZIP_UNKNOWN_OS;
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  const { chunks } = readContent(file, signal);
  await pipeline(chunks, createGzip(), meter, createWriteStream(to));
  return { bytes, sha256: hash.digest('hex') };
}

/** Node leaves the time out of a gzip header, but puts the operating system in (RFC 1952, section 2.3.1). */
const GZIP_OS_BYTE = 9;
const GZIP_UNKNOWN_OS = 255;
