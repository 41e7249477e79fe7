import type { Answer, ListAnswer, ListCell } from '../graph/answer.ts';

type CsvCell = ListCell | undefined;

/**
 * The start, every vertex of the answer, then those between, a line each: depth, which of the three, kind, type, name, ARN, the
 * association by which it was reached and the ARN at its other end, one step nearer to the start, so that each line can be
 * followed back; then every other property that any of them has, by name; last, on every line, whether the answer is
 * complete. RFC 4180; safe to open in a spreadsheet.
 */
export function answerCsv({ start, vertices, between, complete, incompleteReason }: Answer): string {
  const lines = [
    { record: 'start', vertex: start, depth: 0, via: undefined },
    ...vertices.map((vertex) => ({ record: 'vertex', vertex, ...vertex })),
    ...between.map((vertex) => ({ record: 'between', vertex, ...vertex })),
  ];
  const names = [...new Set(lines.flatMap(({ vertex }) => Object.keys(vertex.properties)))]
    .filter((name) => !FIRST.has(name))
    .sort();
  const header = [...COLUMNS, ...names, 'complete', 'incomplete_reason'];
  return csv([
    header,
    ...lines.map(({ record, vertex: { id, label, properties }, depth, via }) => [
      ...[depth, record, label, properties.type, properties.name, id],
      ...[via?.label, via?.from === id ? via.to : via?.from],
      ...names.map((name) => properties[name]),
      ...[complete, incompleteReason],
    ]),
  ]);
}

const COLUMNS = ['depth', 'record', 'kind', 'type', 'name', 'arn', 'via', 'via_arn'];

/** Properties that the first columns show already. */
const FIRST: ReadonlySet<string> = new Set(['type', 'name', 'arn']);

/** The rows of a list under its columns, and whether the list is complete. As {@link answerCsv} otherwise. */
export function listCsv({ columns, rows, complete, incompleteReason }: ListAnswer): string {
  const verdict = [complete, incompleteReason];
  return csv([
    [...columns, 'complete', 'incomplete_reason'],
    ...rows.map((row) => [...columns.map((name) => row[name]), ...verdict]),
  ]);
}

/** Lines of RFC 4180, without an end; safe to open in a spreadsheet. */
export function csv(lines: readonly (readonly CsvCell[])[]): string {
  return lines.map((cells) => cells.map(field).join(',')).join('\r\n');
}

function field(cell: CsvCell): string {
  if (cell === undefined || cell === null) return '';
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell);
  const text = withoutFormula(typeof cell === 'string' ? cell : cell.join('; '));
  return /[",;\t\r\n]|^ | $/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Text that a spreadsheet would run is led by an apostrophe, which makes it text (OWASP, "CSV Injection"): `= + - @`, tab
 * and carriage return at its beginning; the same after a line end, a tab or a semicolon, where a spreadsheet that separates by
 * these begins a new cell. Numbers are written as numbers, so no measured value changes.
 */
function withoutFormula(text: string): string {
  return text.replace(FORMULA, "'");
}

/** Full-width forms count too: East Asian editions of Excel take them for the plain ones. */
const FORMULA = /(?<=^|[;\t\r\n])(?= *[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r])/g;
