import type { Answer, AnswerVertex } from '../graph/answer.ts';
import { oneLine, type TableColumn, textTable } from './text-table.ts';

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

/** `14 of 36 entities upstream of …; complete` */
export function answerSummary({
  vertices,
  reached,
  direction,
  start,
  complete,
  incompleteReason,
}: Answer): string {
  const where = direction === 'both' ? 'connected with' : `${direction} of`;
  const shown = vertices.length === reached ? String(reached) : `${vertices.length} of ${reached}`;
  const verdict = complete ? 'complete' : `NOT complete: ${incompleteReason}`;
  return oneLine(`${shown} ${reached === 1 ? 'entity' : 'entities'} ${where} ${start.id}; ${verdict}`);
}

function vertexCells({ id, label, depth, properties }: AnswerVertex): readonly string[] {
  const { type = '', name, sourceuri, sourcearn } = properties;
  return [String(depth), label, String(type), String(name ?? sourceuri ?? sourcearn ?? ''), id];
}
