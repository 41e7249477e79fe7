import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { EdgeRow } from '../graph/rows.ts';

/*
 * Edges wait here until all vertices are known, since only then is it clear where their ends lead. One JSON array a line,
 * which is read back several times faster than CSV.
 */

type SpoolLine = readonly [
  id: string,
  from: string,
  to: string,
  label: string,
  orderMs: number,
  creationMs: number | null,
  sourcetype: string | null,
  destinationtype: string | null,
  sourcename: string | null,
  destinationname: string | null,
  createdby: string | null,
];

/** Writes edges to a file of their own. */
export async function writeSpool(path: string, batches: AsyncIterable<readonly EdgeRow[]>): Promise<void> {
  await pipeline(spoolText(batches), createWriteStream(path));
}

/** The edges of a spool, in the order in which they were written. */
export async function* readSpool(path: string): AsyncGenerator<readonly EdgeRow[]> {
  let rest = '';
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 256 * 1_024 })) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield lines.map(fromLine);
  }
}

async function* spoolText(batches: AsyncIterable<readonly EdgeRow[]>): AsyncGenerator<string> {
  for await (const batch of batches) yield batch.map(toLine).join('');
}

function toLine({ id, from, to, label, orderMs, cells }: EdgeRow): string {
  const line = [
    id,
    from,
    to,
    label,
    orderMs,
    cells.creationtime?.getTime(),
    cells.sourcetype,
    cells.destinationtype,
    cells.sourcename,
    cells.destinationname,
    cells.createdby,
  ];
  return `${JSON.stringify(line)}\n`;
}

function fromLine(text: string): EdgeRow {
  const [
    id,
    from,
    to,
    label,
    orderMs,
    created,
    sourcetype,
    destinationtype,
    sourcename,
    destinationname,
    by,
  ] = JSON.parse(text) as SpoolLine;
  return {
    id,
    from,
    to,
    label,
    orderMs,
    cells: {
      creationtime: created === null ? undefined : new Date(created),
      sourcetype: sourcetype ?? undefined,
      destinationtype: destinationtype ?? undefined,
      sourcename: sourcename ?? undefined,
      destinationname: destinationname ?? undefined,
      createdby: by ?? undefined,
    },
  };
}
