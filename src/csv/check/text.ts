import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { RuleName } from './rules.ts';

/** A file that is to be checked. It may be read more than once. */
export type CheckedFile = {
  /** As findings call it. */
  readonly name: string;
  /** As it is stored. */
  readonly bytes: number;
  /** Reads it from its beginning, as it is stored. */
  open(): AsyncIterable<Buffer>;
};

/** Why a file cannot be read as text, or not further: not an error of the program, but a finding. */
export class UnreadableText extends Error {
  override readonly name = 'UnreadableText';
  readonly rule: RuleName;

  constructor(rule: RuleName, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.rule = rule;
  }
}

/** The text of a file, decompressed where its name ends in `.gz`. @throws UnreadableText */
export async function* readText(file: CheckedFile): AsyncGenerator<Buffer> {
  if (file.name.endsWith('.bz2')) {
    throw new UnreadableText('bzip2-unread', 'compressed with bzip2');
  }
  const isGzip = file.name.endsWith('.gz');
  const stored = beginning(file, isGzip);
  for await (const chunk of isGzip ? decompressed(stored) : stored) yield chunk;
}

const GZIP = Buffer.from([0x1f, 0x8b]);
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Looks at the first bytes, which may come one by one. */
async function* beginning(file: CheckedFile, isGzip: boolean): AsyncGenerator<Buffer> {
  let first: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of file.open()) {
    if (first === undefined) {
      yield chunk;
      continue;
    }
    first = Buffer.concat([first, chunk]);
    if (first.length < BYTE_ORDER_MARK.length) continue;
    assertBeginning(first, isGzip);
    yield first;
    first = undefined;
  }
  if (first === undefined || first.length === 0) return;
  assertBeginning(first, isGzip);
  yield first;
}

function assertBeginning(first: Buffer, isGzip: boolean): void {
  const looksGzip = first.subarray(0, GZIP.length).equals(GZIP);
  if (looksGzip !== isGzip) {
    throw new UnreadableText('gzip-name', looksGzip ? 'compressed with gzip' : 'not compressed with gzip');
  }
  if (first.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)) {
    throw new UnreadableText('byte-order-mark', 'EF BB BF');
  }
}

async function* decompressed(stored: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const ended = pipeline(Readable.from(stored), gunzip).then(
    () => undefined,
    (error: unknown) => error,
  );
  let isFirst = true;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      if (isFirst && chunk.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)) {
        throw new UnreadableText('byte-order-mark', 'EF BB BF');
      }
      isFirst = false;
      yield chunk;
    }
  } catch (error) {
    throw asFinding(error);
  } finally {
    gunzip.destroy();
  }
  const error = await ended;
  if (error !== undefined) throw asFinding(error);
}

/** What zlib finds wrong is the file's; all else is a failure of reading it. */
function asFinding(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!code.startsWith('Z_')) return error;
  const truncated = code === 'Z_BUF_ERROR' ? 'the file ends too early' : (error as Error).message;
  return new UnreadableText('gzip-broken', truncated, error);
}
