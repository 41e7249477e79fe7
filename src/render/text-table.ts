export type TableColumn = {
  readonly title: string;
  /** Where text that does not fit is cut: an ARN tells most by its end. @default 'end' */
  readonly cut?: 'start' | 'end';
  readonly align?: 'left' | 'right';
};

const GAP = '  ';
const ELLIPSIS = '…';
/** Narrower than this a column says nothing. */
const LEAST_WIDTH = 6;

/**
 * Rows as aligned columns of text. Cells are one line each: what would break the line or steer the terminal is escaped.
 *
 * @param width of the terminal in columns; where the table is wider, its widest columns are cut. @default unlimited
 */
export function textTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string {
  const cells = rows.map((row) => row.map(oneLine));
  const widths = fitted(
    columns.map(({ title }, at) =>
      Math.max(textWidth(title), ...cells.map((row) => textWidth(row[at] ?? ''))),
    ),
    width,
  );
  const line = (row: readonly string[]) =>
    columns
      .map(({ cut = 'end', align = 'left' }, at) =>
        padded(cutTo(row[at] ?? '', widths[at] ?? 0, cut), widths[at] ?? 0, align),
      )
      .join(GAP)
      .trimEnd();
  return [columns.map(({ title }) => title), ...cells].map(line).join('\n');
}

/** Takes from the widest column until all fit. */
function fitted(widths: readonly number[], width: number): readonly number[] {
  const fit = [...widths];
  let excess = sum(fit) + GAP.length * (fit.length - 1) - width;
  while (excess > 0 && Math.max(...fit) > LEAST_WIDTH) {
    const widest = fit.indexOf(Math.max(...fit));
    fit[widest] = (fit[widest] ?? 0) - 1;
    excess -= 1;
  }
  return fit;
}

/** Line ends, tabs, control and bidirectional characters as escapes, so that a name cannot forge lines or colours. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Control}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
    return short ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

const segmenter = new Intl.Segmenter();

function graphemes(text: string): readonly string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** East Asian wide characters and emoji take two columns of a terminal (Unicode UAX 11). */
const WIDE =
  /^(?:\p{Emoji_Presentation}|\p{Emoji}\ufe0f|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}])/u;

/** Columns that a text takes in a terminal. */
function textWidth(text: string): number {
  return isAscii(text) ? text.length : sum(graphemes(text).map(graphemeWidth));
}

function graphemeWidth(grapheme: string): number {
  if (WIDE.test(grapheme)) return 2;
  return /^[\p{Mark}\u200b-\u200f\ufeff]+$/u.test(grapheme) ? 0 : 1;
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function cutTo(text: string, width: number, cut: 'start' | 'end'): string {
  if (textWidth(text) <= width) return text;
  const all = cut === 'end' ? graphemes(text) : graphemes(text).toReversed();
  const kept: string[] = [];
  let room = width - 1;
  for (const grapheme of all) {
    room -= graphemeWidth(grapheme);
    if (room < 0) break;
    kept.push(grapheme);
  }
  return cut === 'end' ? `${kept.join('')}${ELLIPSIS}` : `${ELLIPSIS}${kept.toReversed().join('')}`;
}

function padded(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'left' ? text + space : space + text;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
