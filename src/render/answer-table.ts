import type { Answer, AnswerVertex, ListAnswer, ListCell, UnmatchedType } from '../graph/answer.ts';
import { oneLine, type TableColumn, textTable } from './text-table.ts';
import { givenName } from './vertex-name.ts';

const COLUMNS: readonly TableColumn[] = [
  { title: 'depth', align: 'right' },
  { title: 'kind' },
  { title: 'type' },
  { title: 'name or source', cut: 'start' },
  { title: 'arn', cut: 'start' },
];

/**
 * An answer as a table of its vertices, and in the last line whether it is complete.
 *
 * @param width of the terminal in columns. @default unlimited
 */
export function answerTable(answer: Answer, width?: number): string {
  const rows = answer.vertices.map(vertexCells);
  const table = rows.length === 0 ? [] : [textTable(COLUMNS, rows, width)];
  return [...table, answerSummary(answer)].join('\n');
}

/** A list as a table of its rows, and in the last line whether it is complete. As {@link answerTable} otherwise. */
export function listTable({ columns, rows, ...answer }: ListAnswer, width?: number): string {
  const cells = rows.map((row) => columns.map((name) => cellText(row[name])));
  const titles = columns.map(
    (title): TableColumn => ({
      title,
      cut: rows.some((row) => isArn(row[title])) ? 'start' : 'end',
      align: rows.length > 0 && rows.every((row) => isNumberOrNothing(row[title])) ? 'right' : 'left',
    }),
  );
  const table = rows.length === 0 ? [] : [textTable(titles, cells, width)];
  const about = answer.about.map(({ id }) => id).join(' and ');
  const joint = answer.question.endsWith('-of') ? ' ' : ' of ';
  const asked = `${answer.question}${about && `${joint}${about}`}`;
  const what = `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}: ${asked}`;
  return [...table, oneLine(`${what}; ${verdict(answer)}`)].join('\n');
}

/** `14 of 36 entities upstream of …; complete`, which types are none's, and whether other accounts may know more. */
export function answerSummary({ vertices, reached, direction, start, ...answer }: Answer): string {
  const where = direction === 'both' ? 'connected with' : `${direction} of`;
  const shown = vertices.length === reached ? String(reached) : `${vertices.length} of ${reached}`;
  return oneLine(
    [
      `${shown} ${reached === 1 ? 'entity' : 'entities'} ${where} ${start.id}`,
      verdict(answer),
      ...(answer.unmatched ?? []).map(unmatchedNote),
      ...foreignNote(answer),
    ].join('; '),
  );
}

function unmatchedNote({ type, meant }: UnmatchedType): string {
  return `none of them is of type ${type}${meant === undefined ? '' : ` (is ${meant} meant?)`}`;
}

/** What an answer cannot know: lineage of accounts that were not exported. */
function foreignNote({ foreign = [] }: Pick<Answer, 'foreign'>): readonly string[] {
  const [first] = foreign;
  if (first === undefined) return [];
  return [
    foreign.length === 1
      ? `1 entity is of an account or Region that was not exported, which alone knows what lies behind: ${first}`
      : `${foreign.length} entities are of accounts or Regions that were not exported, which alone know what lies behind: ${first} …`,
  ];
}

function vertexCells({ id, label, depth, properties }: AnswerVertex): readonly string[] {
  return [String(depth), label, String(properties.type ?? ''), givenName(properties) ?? '', id];
}

function verdict({ complete, incompleteReason }: Pick<Answer, 'complete' | 'incompleteReason'>): string {
  return complete ? 'complete' : `NOT complete: ${incompleteReason}`;
}

function cellText(cell: ListCell | undefined): string {
  if (cell === undefined || cell === null) return '';
  return typeof cell === 'object' ? cell.join(', ') : String(cell);
}

function isArn(cell: ListCell | undefined): boolean {
  return typeof cell === 'string' && cell.startsWith('arn:');
}

function isNumberOrNothing(cell: ListCell | undefined): boolean {
  return cell === undefined || cell === null || typeof cell === 'number';
}
