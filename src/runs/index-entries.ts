import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { splitLine } from '../csv/read.ts';
import { LineageError } from '../errors.ts';
import type { IndexFile } from '../snapshot/index-bytes.ts';
import { INDEX_HEADER } from '../snapshot/index-line.ts';

/** A line of an index. */
export type IndexEntry = {
  /** Creation time in epoch milliseconds. */
  readonly creationMs: number;
  readonly id: string;
  /** Of the row's cells; empty where what the graph holds under the id is not known. */
  readonly hash: string;
};

/** The entries of an index file, in its order: creation time, then id. @throws LineageError (validationFailed) */
export async function* readIndex(
  file: string | Pick<IndexFile, 'name' | 'open'>,
): AsyncGenerator<IndexEntry> {
  const [path, input] =
    typeof file === 'string'
      ? [file, createReadStream(file)]
      : [file.name, Readable.from(file.open(), { objectMode: false })];
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  let header: string | undefined;
  for await (const line of lines) {
    if (header === undefined) {
      header = line;
      if (header !== INDEX_HEADER) throw notAnIndex(path);
      continue;
    }
    const [ms = '', id = '', hash = ''] = splitLine(`${line}\n`);
    yield { creationMs: Number(ms), id, hash };
  }
  if (header === undefined) throw notAnIndex(path);
}

/**
 * Several indexes as one, in order. What they have in common comes once: with its hash where they agree, else without.
 */
export async function* mergeIndexes(
  indexes: readonly AsyncIterable<IndexEntry>[],
): AsyncGenerator<IndexEntry> {
  const iterators = indexes.map((index) => index[Symbol.asyncIterator]());
  try {
    const heads: (IndexEntry | undefined)[] = [];
    for (const iterator of iterators) heads.push(await next(iterator));
    for (;;) {
      const present = heads.filter((head) => head !== undefined);
      const [first] = present.toSorted(compareEntries);
      if (first === undefined) return;
      const same = present.filter((head) => compareEntries(head, first) === 0);
      // What not all of them have, some writer may have removed or have not written yet.
      const isKnown = same.every(({ hash }) => hash === first.hash);
      yield isKnown ? first : { ...first, hash: '' };
      for (const [at, head] of heads.entries()) {
        const iterator = iterators[at];
        if (head !== undefined && iterator !== undefined && compareEntries(head, first) === 0)
          heads[at] = await next(iterator);
      }
    }
  } finally {
    for (const iterator of iterators) await iterator.return?.(undefined);
  }
}

/** The order of an index. */
export function compareEntries(
  a: Pick<IndexEntry, 'creationMs' | 'id'>,
  b: Pick<IndexEntry, 'creationMs' | 'id'>,
): number {
  return a.creationMs - b.creationMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

async function next(iterator: AsyncIterator<IndexEntry>): Promise<IndexEntry | undefined> {
  const { done, value } = await iterator.next();
  return done === true ? undefined : value;
}

function notAnIndex(path: string): LineageError {
  return new LineageError('validationFailed', `${path} is not an index of this version.`, {
    hint: 'Export again with this version.',
    details: { path },
  });
}
