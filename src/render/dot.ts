import type { Answer } from '../graph/answer.ts';
import { answerSummary } from './answer-table.ts';
import { type DrawnVertex, drawnGraph } from './drawn-graph.ts';
import { KIND_STYLES, kindOfLabel } from './kind-styles.ts';
import { oneLine } from './text-table.ts';
import { vertexName } from './vertex-name.ts';

/** A Graphviz digraph, left to right: boxes in the colours of their kinds, and under them whether the answer is complete. */
export function answerDot(answer: Answer): string {
  const { vertices, edges } = drawnGraph(answer);
  const names = new Map(vertices.map(({ id }, index) => [id, `v${index}`]));
  return [
    'digraph lineage {',
    `  graph [rankdir=LR, fontname="Helvetica", labelloc=b, label=${quoted(answerSummary(answer))}]`,
    '  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=11]',
    '  edge [fontname="Helvetica", fontsize=9, color="#6b7480", fontcolor="#6b7480"]',
    ...vertices.map((vertex) => `  ${names.get(vertex.id)} [${attributes(vertex)}]`),
    ...edges.map(
      ({ from, to, label }) => `  ${names.get(from)} -> ${names.get(to)} [label=${quoted(label)}]`,
    ),
    '}',
  ].join('\n');
}

function attributes(vertex: DrawnVertex): string {
  const { colour, text } = KIND_STYLES[kindOfLabel(vertex.label)];
  const { type } = vertex.properties;
  const lines = type === undefined ? [vertexName(vertex)] : [vertexName(vertex), String(type)];
  return [
    `label=${quoted(lines.join('\n'))}`,
    `tooltip=${quoted(vertex.id)}`,
    `color="${colour}"`,
    `fillcolor="${colour}"`,
    `fontcolor="${text}"`,
    ...(vertex.role === 'start' ? ['penwidth=3', 'color="#1b1f24"'] : []),
    ...(vertex.role === 'between' ? ['style="rounded,filled,dashed"', 'color="#1b1f24"'] : []),
  ].join(', ');
}

/**
 * A quoted text of the DOT language. A backslash would begin one of its escapes (`\N` is the name of the node), and `&` an
 * entity of HTML, which Graphviz reads in labels.
 */
function quoted(text: string): string {
  const lines = text.toWellFormed().split('\n').map(oneLine);
  const escaped = lines.map((line) =>
    line.replaceAll('&', '&amp;').replaceAll('\\', '\\\\').replaceAll('"', '\\"'),
  );
  return `"${escaped.join('\\n')}"`;
}
