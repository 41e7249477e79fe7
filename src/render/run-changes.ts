import type { RunChange, RunChangeCounts, RunComparison } from '../graph/run-change.ts';
import { csv } from './csv.ts';
import { type TableColumn, textTable } from './text-table.ts';

const CHANGE_COLUMNS: readonly TableColumn[] = [
  { title: 'change' },
  { title: 'kind' },
  { title: 'id', cut: 'start' },
  { title: 'columns' },
];

/** Changes as a table: what was added or removed by its type and name, what was updated by the values that differ. */
export function changesTable(changes: readonly RunChange[], width?: number): string {
  const rows = changes.map((change) => [
    change.change,
    change.kindBefore === undefined ? change.kind : `${change.kindBefore} -> ${change.kind}`,
    change.from === undefined ? change.id : `${change.from} -${change.label}-> ${change.to}`,
    columnsText(change),
  ]);
  return textTable(CHANGE_COLUMNS, rows, width);
}

/** Columns by which people know an entity. */
const NAMING: readonly string[] = ['type', 'name', 'displayname', 'sourceuri', 'sourcearn'];

function columnsText({ change, columns }: RunChange): string {
  if (change === 'updated') {
    return columns
      .map(({ column, before, after }) => `${column}: ${before ?? '(nothing)'} -> ${after ?? '(nothing)'}`)
      .join('; ');
  }
  return NAMING.flatMap((name) => columns.filter(({ column }) => column === name))
    .map(({ before, after }) => after ?? before)
    .slice(0, 2)
    .join(' ');
}

const COUNT_COLUMNS: readonly TableColumn[] = [
  { title: 'kind' },
  ...['before', 'added', 'updated', 'removed', 'after'].map((title) => ({ title, align: 'right' as const })),
];

/** How many rows of each kind changed, and of all. */
export function countsTable(counts: RunComparison['counts'], width?: number): string {
  const kinds = Object.entries(counts).filter(([, { before, after }]) => before + after > 0);
  const numbers = ({ before, added, updated, removed, after }: Omit<RunChangeCounts, 'relabelled'>) =>
    [before, added, updated, removed, after].map((number) => number.toLocaleString('en-US'));
  const total = { before: 0, added: 0, updated: 0, removed: 0, after: 0 };
  for (const [, one] of kinds)
    for (const name of ['before', 'added', 'updated', 'removed', 'after'] as const) total[name] += one[name];
  return textTable(
    COUNT_COLUMNS,
    [...kinds.map(([kind, one]) => [kind, ...numbers(one)]), ['all', ...numbers(total)]],
    width,
  );
}

/** The first line of the CSV form. */
export const CHANGES_CSV_HEADER = 'change,kind,id,from,label,to,created,column,before,after';

/** A line for each column that differs. */
export function changeCsv({ columns, ...change }: RunChange): string {
  const { kind, id, from, label, to, created } = change;
  return csv(
    columns.map(({ column, before, after }) => [
      ...[change.change, kind, id, from, label, to, created],
      ...[column, before, after],
    ]),
  );
}
