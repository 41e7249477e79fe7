import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { PassThrough, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** What was written: `bytes` and `sha256` are of the file as it lies on disk, compressed or not. */
export type WrittenFile = {
  readonly path: string;
  /** Lines without the header. */
  readonly rows: number;
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
};

/** A CSV file under way. It has its name only once it is closed; until then it is `<path>.partial`. */
export type CsvFile = {
  /** Appends lines, so many; resolves when the file can take more. @throws where the disk refuses. */
  write(lines: Buffer | string, count: number): Promise<void>;
  /** Ends the file, flushes it to the disk and gives it its name. */
  close(): Promise<WrittenFile>;
  /** Gives up; what was written stays under `.partial`. */
  abandon(): Promise<void>;
};

/** Where the bytes of a file go. */
export type FileSink = {
  readonly stream: Writable;
  /** Gives the file its name. To be called once the stream has finished. */
  publish(): Promise<void>;
};

type CsvFileOptions = {
  /** Compress; `path` should then end in `.gz`, by which the loader tells. @default false */
  readonly gzip?: boolean;
  /** @default a file on disk */
  readonly sink?: FileSink;
};

/**
 * Starts a CSV file with LF line ends and no byte order mark, which the loader would take for part of `~id`.
 *
 * @param header its first line; undefined for a file of lines that has none
 */
export function createCsvFile(
  path: string,
  header: string | undefined,
  { gzip = false, sink = diskSink(path) }: CsvFileOptions = {},
): CsvFile {
  const input = new PassThrough();
  const meter = createMeter();
  const output = sink.stream;
  const written = gzip
    ? pipeline(input, createGzip(), unknownOs(), meter.stream, output)
    : pipeline(input, meter.stream, output);
  const failures: unknown[] = [];
  const settled = written.catch((error: unknown) => {
    failures.push(error);
  });
  let rows = 0;

  function assertWriting(): void {
    if (failures.length > 0) throw failures[0];
  }

  async function send(text: Buffer | string): Promise<void> {
    assertWriting();
    if (!input.write(text)) await Promise.race([once(input, 'drain').catch(() => settled), settled]);
    assertWriting();
  }

  if (header !== undefined) input.write(`${header}\n`);
  return {
    async write(lines, count) {
      await send(lines);
      rows += count;
    },
    async close() {
      input.end();
      await written;
      await sink.publish();
      return { path, rows, ...meter.result() };
    },
    async abandon() {
      input.destroy();
      await settled;
    },
  };
}

/** A file that is `<path>.partial` until it is whole. */
export function diskSink(path: string): FileSink {
  return {
    stream: createWriteStream(`${path}.partial`, { flush: true }),
    publish: () => rename(`${path}.partial`, path),
  };
}

function createMeter() {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, result: () => ({ bytes, sha256: hash.digest('hex') }) };
}

const GZIP_OS_BYTE = 9;
const GZIP_UNKNOWN_OS = 255;

/**
 * Node leaves the time out of a gzip header but puts the operating system in; the same rows are to be the same bytes
 * wherever they are written (RFC 1952, section 2.3.1: OS 255 is "unknown").
 */
function unknownOs(): Transform {
  let offset = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const at = GZIP_OS_BYTE - offset;
      if (at >= 0 && at < chunk.length) chunk[at] = GZIP_UNKNOWN_OS;
      offset += chunk.length;
      done(null, chunk);
    },
  });
}
