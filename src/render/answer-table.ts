import type { Answer, AnswerVertex } from '../graph/answer.ts';
import { parseArn } from '../graph/arn.ts';
import type { Vertex } from '../graph/elements.ts';
import { printable } from './display-width.ts';
import { type TableColumn, textTable } from './text-table.ts';

/**
 * The answer for people: its start, a line per vertex, and last whether it is complete.
 *
 * @param width columns of the terminal; without it lines are as long as they come.
 */
export function answerTable(answer: Answer, width?: number): string {
  const { question, start, vertices } = answer;
  const title = `${question} of ${printable(nameOf(start))} (${[start.label, typeOf(start)].filter(Boolean).join(', ')})`;
  const table = vertices.length === 0 ? [] : ['', textTable(vertices, COLUMNS, width)];
  return [title, ...table, '', summary(answer)].join('\n');
}

const COLUMNS: readonly TableColumn<AnswerVertex>[] = [
  { title: 'DEPTH', value: ({ depth }) => depth, align: 'right' },
  { title: 'KIND', value: ({ label }) => label },
  { title: 'TYPE', value: typeOf, minWidth: 8 },
  { title: 'NAME OR SOURCE', value: nameOf, keep: 'end', minWidth: 16 },
  { title: 'ARN ENDS IN', value: ({ id }) => arnTail(id), keep: 'end', minWidth: 12 },
];

function typeOf({ properties }: Vertex): string {
  return String(properties.type ?? '');
}

/** Artifacts often have no name: their source tells more than their id. */
function nameOf({ id, properties }: Vertex): string {
  const { displayname, name, sourceuri, sourcearn } = properties;
  return String(displayname ?? name ?? sourceuri ?? sourcearn ?? arnTail(id));
}

function arnTail(id: string): string {
  const arn = parseArn(id);
  return arn === undefined ? id : `${arn.resourceType}/${arn.resourceId}`;
}

function summary({ complete, incompleteReason, reached, vertices, edges }: Answer): string {
  const passed = vertices.length === reached ? '' : ` of ${counted(reached, 'reached', 'reached')}`;
  const found = `${counted(vertices.length, 'vertex', 'vertices')}${passed}, ${counted(edges.length, 'edge', 'edges')}`;
  return complete ? `${found}: complete.` : `${found}: NOT COMPLETE, ${printable(incompleteReason ?? '')}.`;
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
