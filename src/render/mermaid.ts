import type { Answer } from '../graph/answer.ts';
import { answerSummary } from './answer-table.ts';
import { type DrawnVertex, drawnGraph } from './drawn-graph.ts';
import { KIND_STYLES, kindOfLabel } from './kind-styles.ts';
import { vertexName } from './vertex-name.ts';

/**
 * A Mermaid flowchart, left to right, one box a vertex in the colour of its kind; the start in bold, those in between dashed. Where the
 * answer is not complete, a note in the picture says so. Mermaid itself draws no more than 500 edges or 50,000
 * characters unless its `maxEdges` and `maxTextSize` are raised.
 */
export function answerMermaid(answer: Answer): string {
  const { vertices, edges } = drawnGraph(answer);
  const names = new Map(vertices.map(({ id }, index) => [id, `v${index}`]));
  const kinds = [...new Set(vertices.map(({ label }) => kindOfLabel(label)))];
  return [
    'flowchart LR',
    `  %% ${commented(answerSummary(answer))}`,
    ...kinds.map((kind) => {
      const { colour, text } = KIND_STYLES[kind];
      return `  classDef ${kind} fill:${colour},color:${text},stroke:${colour}`;
    }),
    '  classDef start stroke:#1b1f24,stroke-width:4px',
    '  classDef between stroke:#6b7480,stroke-dasharray:4 3',
    ...vertices.map((vertex) => `  ${names.get(vertex.id)}[${label(vertex)}]:::${kindOfLabel(vertex.label)}`),
    ...vertices.flatMap(({ id, role }) => (role === 'answer' ? [] : [`  class ${names.get(id)} ${role}`])),
    ...edges.map(({ from, to, label }) => `  ${names.get(from)} -->|${quoted(label)}| ${names.get(to)}`),
    ...(answer.complete ? [] : [`  incomplete[${quoted(`NOT complete: ${answer.incompleteReason}`)}]`]),
  ].join('\n');
}

function label(vertex: DrawnVertex): string {
  const { type } = vertex.properties;
  const lines = type === undefined ? [vertexName(vertex)] : [vertexName(vertex), String(type)];
  return `"${lines.map(entities).join('<br/>')}"`;
}

function quoted(text: string): string {
  return `"${entities(text)}"`;
}

/**
 * Mermaid knows no escape but `#<code>;` (its flowchart page, "Entity codes to escape characters"). All but plain characters are
 * written so: quotes, markup, the backtick that begins Markdown, the `#` itself, and what steers the direction of text.
 */
function entities(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\p{L}\p{N} ./:_,()-]/gu, (character) => `#${character.codePointAt(0)};`);
}

/** A comment ends with its line, and braces in it would make it a directive. */
function commented(text: string): string {
  return text.replace(/[{}%]/g, ' ');
}
