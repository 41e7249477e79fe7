import { displayWidth, fitWidth, printable } from './display-width.ts';

export type TableColumn<Row> = {
  readonly title: string;
  readonly value: (row: Row) => string | number;
  /** Numbers stand to the right. @default 'left' */
  readonly align?: 'left' | 'right';
  /** Which part of a text too long for its column is shown. @default 'start' */
  readonly keep?: 'start' | 'end';
  /** Columns of the terminal that are kept for it where width is short; a column without this is never cut. */
  readonly minWidth?: number;
};

const GAP = '  ';

/**
 * Rows as aligned text under a line of titles, without a line end. With a width, columns that may be cut give way, the
 * widest first, until the line fits or none can give any more.
 */
export function textTable<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  width?: number,
): string {
  const cells = rows.map((row) => columns.map(({ value }) => printable(String(value(row)))));
  const titles = columns.map(({ title }) => title);
  const widths = fittedWidths(
    columns,
    columns.map((_, index) => widest([titles, ...cells], index)),
    width,
  );
  return [titles, ...cells].map((line) => lineOf(line, columns, widths)).join('\n');
}

function widest(lines: readonly (readonly string[])[], index: number): number {
  let width = 0;
  for (const line of lines) width = Math.max(width, displayWidth(line[index] ?? ''));
  return width;
}

function fittedWidths<Row>(
  columns: readonly TableColumn<Row>[],
  wanted: readonly number[],
  width = Number.POSITIVE_INFINITY,
): readonly number[] {
  const widths = [...wanted];
  const least = columns.map(({ title, minWidth }, index) =>
    minWidth === undefined ? (wanted[index] ?? 0) : Math.max(minWidth, displayWidth(title)),
  );
  const gaps = GAP.length * (columns.length - 1);
  let excess = widths.reduce((sum, each) => sum + each, gaps) - width;
  while (excess > 0) {
    const slack = widths.map((each, index) => each - (least[index] ?? 0));
    const most = widths.reduce(
      (best, each, index) =>
        (slack[index] ?? 0) > 0 && (best < 0 || each > (widths[best] ?? 0)) ? index : best,
      -1,
    );
    if (most < 0) break;
    widths[most] = (widths[most] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

function lineOf<Row>(
  line: readonly string[],
  columns: readonly TableColumn<Row>[],
  widths: readonly number[],
): string {
  const parts = columns.map(({ align, keep }, index) => {
    const width = widths[index] ?? 0;
    const text = fitWidth(line[index] ?? '', width, keep);
    const padding = ' '.repeat(width - displayWidth(text));
    return align === 'right' ? padding + text : text + padding;
  });
  return parts.join(GAP).trimEnd();
}
