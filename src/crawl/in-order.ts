import { LineageError } from '../errors.ts';
import { compareRows } from '../graph/rows.ts';

/** What ordering needs of a row. */
export type OrderedRow = { readonly orderMs: number; readonly id: string; readonly cells: object };

export type InOrderOptions<Row> = {
  /**
   * Rows held back so that one which the listing gives late still finds its place.
   * @default 1,000: ten pages
   */
  readonly window?: number;
  /** Called with each row that is dropped for another of the same id and creation time. */
  readonly onDuplicate?: (dropped: Row) => void;
};

/** Puts rows in order that come nearly so. */
export type Sorter<Row> = {
  /** Takes rows in; gives those, in order, that no later row can come before. Never cuts through a creation time. */
  push(rows: readonly Row[]): readonly Row[];
  /** Gives all rows that are left and were created before this time, and forgets the others. @default all */
  flush(beforeMs?: number): readonly Row[];
  /** The latest creation time taken in. */
  readonly reachedMs: number | undefined;
};

/**
 * Puts rows in the order of a file (creation time, then id). The listing sorts by creation time only, so of rows that share
 * a millisecond none is given before the next millisecond is seen, however many they are. Of two rows with one id and
 * creation time (a page that came twice, or a record that changed between two pages) the one modified last is kept.
 *
 * `push` throws LineageError (partialExport) where a row belongs before one that was given already.
 */
export function createSorter<Row extends OrderedRow>({
  window = 1_000,
  onDuplicate,
}: InOrderOptions<Row> = {}): Sorter<Row> {
  let held: Row[] = [];
  let last: Row | undefined;
  let reachedMs: number | undefined;
  return {
    get reachedMs() {
      return reachedMs;
    },
    push(batch) {
      const fresh: Row[] = [];
      for (const row of batch) {
        const place = last === undefined ? 1 : compareRows(row, last);
        if (last !== undefined && place < 0) throw tooLate(row, last);
        if (place === 0) onDuplicate?.(row);
        else fresh.push(row);
        if (reachedMs === undefined || row.orderMs > reachedMs) reachedMs = row.orderMs;
      }
      insert(held, settled(fresh, onDuplicate), onDuplicate);
      if (held.length <= window) return [];
      const ready = firstOfTies(held, held.length - window);
      if (ready <= 0) return [];
      const given = held.slice(0, ready);
      held = held.slice(ready);
      last = given.at(-1);
      return given;
    },
    flush(beforeMs = Number.POSITIVE_INFINITY) {
      const given = held.filter(({ orderMs }) => orderMs < beforeMs);
      held = [];
      last = given.at(-1) ?? last;
      return given;
    },
  };
}

/** The batches of a stream in order, see {@link createSorter}. */
export async function* inOrder<Row extends OrderedRow>(
  batches: AsyncIterable<readonly Row[]>,
  options: InOrderOptions<Row> = {},
): AsyncGenerator<readonly Row[]> {
  const sorter = createSorter(options);
  for await (const batch of batches) {
    const ready = sorter.push(batch);
    if (ready.length > 0) yield ready;
  }
  const rest = sorter.flush();
  if (rest.length > 0) yield rest;
}

/** Puts settled rows among settled rows; nearly always behind them, so that only the end has to be settled anew. */
function insert<Row extends OrderedRow>(
  held: Row[],
  rows: readonly Row[],
  onDuplicate?: (dropped: Row) => void,
): void {
  const [first] = rows;
  if (first === undefined) return;
  let start = held.length;
  while (start > 0 && compareRows(held[start - 1] as Row, first) >= 0) start -= 1;
  const overlapped = held.splice(start);
  const tail = overlapped.length === 0 ? rows : settled([...overlapped, ...rows], onDuplicate);
  for (const row of tail) held.push(row);
}

/** The rows sorted, one per id and creation time. */
function settled<Row extends OrderedRow>(rows: readonly Row[], onDuplicate?: (dropped: Row) => void): Row[] {
  if (isSettled(rows)) return [...rows];
  const kept: Row[] = [];
  for (const row of rows.toSorted(compareRows)) {
    const before = kept.at(-1);
    if (before === undefined || compareRows(before, row) !== 0) {
      kept.push(row);
      continue;
    }
    const [keep, drop] = modifiedMs(before) > modifiedMs(row) ? [before, row] : [row, before];
    kept[kept.length - 1] = keep;
    onDuplicate?.(drop);
  }
  return kept;
}

function isSettled(rows: readonly OrderedRow[]): boolean {
  return rows.every((row, index) => {
    const before = rows[index - 1];
    return before === undefined || compareRows(before, row) < 0;
  });
}

function modifiedMs({ cells }: OrderedRow): number {
  const modified = 'LastModifiedTime' in cells ? cells.LastModifiedTime : undefined;
  return modified instanceof Date ? modified.getTime() : Number.NEGATIVE_INFINITY;
}

/** The index where the rows begin that share a creation time with the one at `index`. */
function firstOfTies(rows: readonly OrderedRow[], index: number): number {
  const time = rows[index]?.orderMs;
  let first = index;
  while (first > 0 && rows[first - 1]?.orderMs === time) first -= 1;
  return first;
}

function tooLate(row: OrderedRow, last: OrderedRow): LineageError {
  const [was, limit] = [row.orderMs, last.orderMs].map((ms) => new Date(ms).toISOString());
  return new LineageError(
    'partialExport',
    `A listing sorted by creation time gave ${row.id} (created ${was}) after ${last.id} (created ${limit}) was written.`,
    {
      hint: 'Run the export again; if it recurs, report it with both ARNs.',
      details: { id: row.id, createdAt: was, after: last.id, afterCreatedAt: limit },
    },
  );
}

/** Batches of several ordered streams as one ordered stream of batches. */
export async function* mergeInOrder<Row extends { readonly orderMs: number; readonly id: string }>(
  ...streams: readonly AsyncIterable<readonly Row[]>[]
): AsyncGenerator<readonly Row[]> {
  const heads: Head<Row>[] = [];
  try {
    for (const stream of streams) {
      const head = { batches: stream[Symbol.asyncIterator](), batch: [], next: 0 };
      heads.push(head);
      await refill(head);
    }
    for (;;) {
      const [least, ...others] = heads
        .filter(({ batch, next }) => next < batch.length)
        .sort((a, b) => compareRows(rowOf(a), rowOf(b)));
      if (least === undefined) return;
      const bound = others[0] === undefined ? undefined : rowOf(others[0]);
      yield takeUpTo(least, bound);
      if (least.next === least.batch.length) await refill(least);
    }
  } finally {
    for (const { batches } of heads) await batches.return?.(undefined);
  }
}

type Head<Row> = { batches: AsyncIterator<readonly Row[]>; batch: readonly Row[]; next: number };

/** Reads on until a batch holds something; an ended stream keeps an empty one. */
async function refill<Row>(head: Head<Row>): Promise<void> {
  head.next = 0;
  do {
    const { done, value } = await head.batches.next();
    head.batch = done === true ? [] : value;
    if (done === true) return;
  } while (head.batch.length === 0);
}

function rowOf<Row>({ batch, next }: Head<Row>): Row {
  return batch[next] as Row;
}

/** The head's rows of this batch that come before `bound`, and its first row in any case. */
function takeUpTo<Row extends { readonly orderMs: number; readonly id: string }>(
  head: Head<Row>,
  bound: Row | undefined,
): readonly Row[] {
  const start = head.next;
  head.next += 1;
  while (head.next < head.batch.length && (bound === undefined || compareRows(rowOf(head), bound) <= 0)) {
    head.next += 1;
  }
  return head.batch.slice(start, head.next);
}
