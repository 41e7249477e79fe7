import { type Cell, csvLine } from '../csv/encode.ts';
import { compareRows } from '../graph/rows.ts';
import { indexLine } from '../snapshot/index-line.ts';
import type { Block } from './part-file.ts';
import type { BlockKeys } from './row-block.ts';

type Row = { readonly orderMs: number; readonly id: string };

/** How the rows of a file are put together. */
export type MergeRules<R extends Row> = {
  /** Whether a row goes into the file as it is. */
  isPlain(keys: BlockKeys, row: number): boolean;
  /** What sorts plain rows of one creation time as their ids do, unless two of them have the same. @default they are read */
  keyOf?(keys: BlockKeys, row: number): readonly [number, number];
  /** The row of a data line. */
  decode(line: string, orderMs: number): R;
  /** What becomes of a row that is not plain; undefined where it is dropped. Also called for plain ones beside it. */
  settle(row: R): R | undefined;
  encode(row: R): readonly Cell[];
  /** Called for each row that is given. */
  onRow?(label: string): void;
  /** The label that `onRow` is told of a row. */
  labelOf?(row: R): string;
};

/** Some lines of the data file and of the index. */
export type Piece = {
  readonly rows: number;
  readonly data: Buffer | string;
  readonly index: Buffer | string;
};

/**
 * Several streams of blocks, each in order and cut between creation times only, as the lines of one file in order. Lines that stay as they are are copied, in
 * long runs; only where rows of one creation time come from several streams, or one of them has to change, are they read.
 */
export async function* mergeBlocks<R extends Row>(
  streams: readonly AsyncIterable<Block>[],
  rules: MergeRules<R>,
): AsyncGenerator<Piece> {
  const heads: Head[] = [];
  try {
    for (const stream of streams) {
      const head: Head = { blocks: stream[Symbol.asyncIterator](), block: undefined, at: 0 };
      heads.push(head);
      await advance(head, 0);
    }
    for (;;) {
      const [least, second] = twoLeast(heads);
      if (least === undefined) return;
      if (second !== undefined && timeOf(second) === timeOf(least)) {
        const lines = await takeTie(heads, timeOf(least));
        yield* one(copiedTie(lines, rules) ?? tie(lines, rules));
        continue;
      }
      const end = firstFrom(least, second === undefined ? Number.POSITIVE_INFINITY : timeOf(second));
      yield* run(least, end, rules);
      await advance(least, end - least.at);
    }
  } finally {
    for (const { blocks } of heads) await blocks.return?.(undefined);
  }
}

type Head = { readonly blocks: AsyncIterator<Block>; block: Block | undefined; at: number };

async function advance(head: Head, rows: number): Promise<void> {
  head.at += rows;
  while (head.block === undefined || head.at >= head.block.rows) {
    const { done, value } = await head.blocks.next();
    head.block = done === true ? undefined : value;
    head.at = 0;
    if (done === true) return;
  }
}

function timeOf({ block, at }: Head): number {
  return block === undefined ? Number.POSITIVE_INFINITY : block.orderMs(at);
}

function twoLeast(heads: readonly Head[]): [Head | undefined, Head | undefined] {
  let least: Head | undefined;
  let second: Head | undefined;
  for (const head of heads) {
    if (head.block === undefined) continue;
    if (least === undefined || timeOf(head) < timeOf(least)) [least, second] = [head, least];
    else if (second === undefined || timeOf(head) < timeOf(second)) second = head;
  }
  return [least, second];
}

/** The place of the first row of the head's block that was not created before this time. */
function firstFrom({ block, at }: Head, ms: number): number {
  let [low, high] = [at, block?.rows ?? 0];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((block?.orderMs(middle) ?? 0) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The lines from the head's place to `end`, which no other stream comes between. */
function* run<R extends Row>({ block, at }: Head, end: number, rules: MergeRules<R>): Generator<Piece> {
  if (block === undefined) return;
  let start = at;
  for (let row = at; row < end; row += 1) {
    if (rules.isPlain(block, row)) continue;
    let first = row;
    while (first > start && block.orderMs(first - 1) === block.orderMs(row)) first -= 1;
    let after = row + 1;
    while (after < end && block.orderMs(after) === block.orderMs(row)) after += 1;
    yield* copied(block, start, first, rules);
    yield* one(tie(rowsOf(block, first, after, rules), rules));
    start = after;
    row = after - 1;
  }
  yield* copied(block, start, end, rules);
}

function* copied<R extends Row>(
  block: Block,
  first: number,
  end: number,
  { onRow }: MergeRules<R>,
): Generator<Piece> {
  if (first >= end) return;
  if (onRow !== undefined) for (let row = first; row < end; row += 1) onRow(block.label(row));
  yield { rows: end - first, ...block.lines(first, end) };
}

/** Takes the rows of one creation time from all streams. */
async function takeTie(heads: readonly Head[], ms: number): Promise<readonly Lines[]> {
  const lines: Lines[] = [];
  for (const head of heads) {
    // Of one stream, too, a creation time may end one block and begin the next.
    while (head.block !== undefined && timeOf(head) === ms) {
      const { block, at } = head;
      let end = at + 1;
      while (end < block.rows && block.orderMs(end) === ms) end += 1;
      lines.push({ block, first: at, end });
      await advance(head, end - at);
    }
  }
  return lines;
}

/** Rows of one creation time, as they are and in order; undefined where one of them has to be read. */
function copiedTie<R extends Row>(lines: readonly Lines[], rules: MergeRules<R>): Piece | undefined {
  const rows: KeyedLine[] = [];
  for (const { block, first, end } of lines) {
    for (let row = first; row < end; row += 1) {
      const key = rules.keyOf?.(block, row);
      if (key === undefined || !rules.isPlain(block, row)) return undefined;
      rows.push({ block, row, key });
    }
  }
  rows.sort(compareKeys);
  if (rows.some((line, at) => at > 0 && compareKeys(rows[at - 1] as KeyedLine, line) === 0)) return undefined;
  for (const { block, row } of rows) rules.onRow?.(block.label(row));
  const pieces = rows.map(({ block, row }) => block.lines(row, row + 1));
  return {
    rows: rows.length,
    data: Buffer.concat(pieces.map(({ data }) => data)),
    index: Buffer.concat(pieces.map(({ index }) => index)),
  };
}

type KeyedLine = { readonly block: Block; readonly row: number; readonly key: readonly [number, number] };

function compareKeys({ key: [a, b] }: KeyedLine, { key: [c, d] }: KeyedLine): number {
  return a - c || b - d;
}

type Lines = { readonly block: Block; readonly first: number; readonly end: number };

function tie<R extends Row>(rows: readonly Lines[] | readonly R[], rules: MergeRules<R>): Piece | undefined {
  const read = rows.flatMap((item) =>
    'block' in item ? rowsOf(item.block, item.first, item.end, rules) : [item as R],
  );
  const settled = read
    .map((row) => rules.settle(row))
    .filter((row) => row !== undefined)
    .sort(compareRows);
  let data = '';
  let index = '';
  for (const row of settled) {
    const cells = rules.encode(row);
    data += csvLine(cells);
    index += csvLine(indexLine(row, cells));
    rules.onRow?.(rules.labelOf?.(row) ?? '');
  }
  return settled.length === 0 ? undefined : { rows: settled.length, data, index };
}

function rowsOf<R extends Row>(block: Block, first: number, end: number, { decode }: MergeRules<R>): R[] {
  return Array.from({ length: end - first }, (_, index) => {
    const { data } = block.lines(first + index, first + index + 1);
    return decode(data.toString(), block.orderMs(first + index));
  });
}

function* one(piece: Piece | undefined): Generator<Piece> {
  if (piece !== undefined) yield piece;
}
