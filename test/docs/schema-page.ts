import { type Column, type Columns, DETAILS, EDGE_COLUMNS, VERTEX_COLUMNS } from '../../src/graph/columns.ts';
import { ALL_KINDS, KINDS, type Kind } from '../../src/graph/kinds.ts';

/** The tables of docs/schema.md, from the declaration that headers and rows derive from. */
export function schemaMarkdown(): string {
  return [...ALL_KINDS.map(kindSection), edgeSection(), leftOutSection()].join('\n\n');
}

function kindSection(kind: Kind): string {
  const lines = [
    ...columnLines(VERTEX_COLUMNS[kind], ''),
    ...columnLines(DETAILS[kind].columns, '`--detail full`'),
  ];
  return [`## ${kind}`, `\`${KINDS[kind].file}\`, label \`${kind}\``, table(lines)].join('\n\n');
}

function edgeSection(): string {
  const lines = columnLines(EDGE_COLUMNS, '');
  return ['## Edges', '`edges.csv`, labelled by association type or membership', table(lines)].join('\n\n');
}

function table(lines: readonly string[]): string {
  return ['| column | type | from | only with |', '|---|---|---|---|', ...lines].join('\n');
}

function columnLines(columns: Columns, detail: string): string[] {
  return Object.entries(columns).map(
    ([name, column]) => `| \`${name}\` | ${typeText(column)} | ${sourceText(column)} | ${detail} |`,
  );
}

function typeText(column: Column): string {
  if (column.type === 'Long') return 'Long, epoch milliseconds';
  if (column.type === 'Datetime') return 'Datetime, whole seconds';
  return column.form === undefined ? 'String' : 'String, JSON';
}

/** What stands in parentheses is said in words, the rest is a member's path. */
function sourceText({ source }: Column): string {
  return source.startsWith('(') || source.includes(' ') ? source : `\`${source}\``;
}

function leftOutSection(): string {
  const lines = ALL_KINDS.flatMap((kind) =>
    Object.entries(DETAILS[kind].leftOut).map(([member, why]) => `| ${kind} | \`${member}\` | ${why} |`),
  );
  return ['## Left out', '', '| kind | member of Describe or Search | why |', '|---|---|---|', ...lines].join(
    '\n',
  );
}
