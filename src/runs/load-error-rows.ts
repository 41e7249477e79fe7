import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { S3Client } from '@aws-sdk/client-s3';
import { parse } from 'csv-parse';
import type { LoadErrorRow } from '../neptune/load-report.ts';
import { openObject } from '../neptune/open-object.ts';
import { parseS3Uri } from '../neptune/s3-uri.ts';

/**
 * The rows of a load's error log with the line of each and the ids that stand there, which in a run are ARNs. The loader
 * names lines that it cannot parse by their number; of others it says only the ids, in the message. Every file is read
 * once, as far as needed; what cannot be found, or read, is left as it is: a report of errors must not fail over its
 * details.
 */
export async function locateErrorRows(
  s3: S3Client,
  rows: readonly LoadErrorRow[],
  signal?: AbortSignal,
): Promise<readonly LoadErrorRow[]> {
  const found = new Map<LoadErrorRow, Place>();
  for (const [file, ofFile] of byFile(rows)) {
    try {
      for await (const [row, place] of placesIn(s3, file, ofFile, signal)) found.set(row, place);
    } catch (error) {
      if (signal?.aborted) throw error;
    }
  }
  return rows.map((row) => {
    const place = found.get(row);
    if (place !== undefined) return { ...row, ...place };
    const ids = [...row.message.matchAll(ARN)].map(([arn]) => arn);
    return ids.length === 0 ? row : { ...row, ids };
  });
}

const ARN = /arn:aws[\w-]*:[^\s'",;]+[^\s'",;.:]/g;

type Place = { readonly line: number; readonly ids: readonly string[] };

function byFile(rows: readonly LoadErrorRow[]): ReadonlyMap<string, readonly LoadErrorRow[]> {
  const files = new Map<string, LoadErrorRow[]>();
  for (const row of rows) {
    if (row.file === undefined) continue;
    const ofFile = files.get(row.file) ?? [];
    files.set(row.file, ofFile);
    ofFile.push(row);
  }
  return files;
}

async function* placesIn(
  s3: S3Client,
  file: string,
  rows: readonly LoadErrorRow[],
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly [LoadErrorRow, Place]> {
  const sought = soughtRows(rows);
  let left = rows.length;
  let header: Header | undefined;
  for await (const { fields, line, record } of recordsOf(s3, file, signal)) {
    if (header === undefined) {
      header = headerOf(fields);
      continue;
    }
    const ids = idsOf(fields, header);
    const meant = [
      ...(sought.byRecord.get(record) ?? []),
      ...(sought.byId.get(fields[header.id] ?? '') ?? []),
      ...(header.from === undefined ? [] : (sought.byEnds.get(ids.join('\n')) ?? [])),
    ];
    for (const row of meant) yield [row, { line, ids }];
    left -= meant.length;
    if (left <= 0) return;
  }
}

type Sought = {
  readonly byRecord: ReadonlyMap<number, readonly LoadErrorRow[]>;
  readonly byId: ReadonlyMap<string, readonly LoadErrorRow[]>;
  readonly byEnds: ReadonlyMap<string, readonly LoadErrorRow[]>;
};

function soughtRows(rows: readonly LoadErrorRow[]): Sought {
  const numbered = rows.flatMap((row) => (row.record === undefined ? [] : [[row.record, row] as const]));
  const others = rows.filter(({ record }) => record === undefined);
  const ends = others.flatMap((row) => {
    const pair = /from vertex, '(.*)', or to vertex, '(.*)', is not present/s.exec(row.message);
    return pair === null ? [] : [[`${pair[1]}\n${pair[2]}`, row] as const];
  });
  const placed = new Set(ends.map(([, row]) => row));
  const ids = others
    .filter((row) => !placed.has(row))
    .flatMap((row) => wordsOf(row.message).map((word) => [word, row] as const));
  return { byRecord: grouped(numbered), byEnds: grouped(ends), byId: grouped(ids) };
}

/** What in a message may be an id: ours have neither spaces nor quotes, and are no plain words. */
function wordsOf(message: string): readonly string[] {
  const words = message.split(/[\s'",;()]+/).map((word) => word.replace(/[.:]+$/, ''));
  return [...new Set(words.filter((word) => /\d/.test(word) && word.length >= SHORTEST_ID))];
}

/** Shorter words with a digit in them are numbers more often than ids. */
const SHORTEST_ID = 8;

function grouped<Key>(
  entries: readonly (readonly [Key, LoadErrorRow])[],
): ReadonlyMap<Key, readonly LoadErrorRow[]> {
  const groups = new Map<Key, LoadErrorRow[]>();
  for (const [key, row] of entries) {
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(row);
  }
  return groups;
}

type Header = { readonly id: number; readonly from: number | undefined; readonly to: number | undefined };

function headerOf(fields: readonly string[]): Header {
  const names = fields.map((field) => field.trim().toLowerCase());
  const place = (name: string) => (names.includes(name) ? names.indexOf(name) : undefined);
  return { id: place('~id') ?? 0, from: place('~from'), to: place('~to') };
}

function idsOf(fields: readonly string[], { id, from, to }: Header): readonly string[] {
  if (from === undefined || to === undefined) return [fields[id] ?? ''];
  return [fields[from] ?? '', fields[to] ?? ''];
}

type FileRecord = {
  readonly fields: readonly string[];
  /** Where it begins, from 1. */
  readonly line: number;
  /** Its number, from 1; the header's is 0. */
  readonly record: number;
};

async function* recordsOf(
  s3: S3Client,
  file: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<FileRecord> {
  const body = await openObject(s3, parseS3Uri(file), signal);
  const parser = parse({
    relax_column_count: true,
    // A wrong quote may be the very error that is looked for.
    relax_quotes: true,
    trim: true,
    record_delimiter: ['\r\n', '\n'],
  });
  // The parser is destroyed with the error of any stage, and the loop below throws it.
  pipeline(file.endsWith('.gz') ? [body, createGunzip(), parser] : [body, parser], () => undefined);
  let line = 1;
  let record = 0;
  for await (const fields of parser as AsyncIterable<readonly string[]>) {
    const isEmptyLine = fields.length === 1 && fields[0] === '';
    if (!isEmptyLine) yield { fields, line, record };
    if (!isEmptyLine) record += 1;
    // Not the parser's own count, which runs ahead of the records that it hands out.
    line += 1 + fields.reduce((breaks, field) => breaks + field.split('\n').length - 1, 0);
  }
}
