import type { Answer } from '../graph/answer.ts';
import { drawnGraph } from './drawn-graph.ts';

type Domain = 'graph' | 'node' | 'edge';
type Value = string | number | boolean | undefined;
type Element = Readonly<Record<string, Value>>;

/**
 * GraphML 1.0 with typed keys: every property of every vertex under its own name, `depth`, `role` and the kind as `label`; on the
 * graph itself the question and whether the answer is complete.
 */
export function answerGraphml(answer: Answer): string {
  const { vertices, edges } = drawnGraph(answer);
  const { question, direction, start, complete, incompleteReason, foreign, source } = answer;
  const graph: Element = {
    question,
    direction,
    start: start.id,
    complete,
    incompleteReason,
    foreign: foreign?.join(' '),
    run: source.run,
    finishedAt: source.finishedAt,
  };
  const nodes = vertices.map(
    ({ properties, label, depth, role }): Element => ({ ...properties, label, depth, role }),
  );
  const keys = {
    graph: keysOf('graph', [graph]),
    node: keysOf('node', nodes),
    edge: keysOf('edge', [{ label: '' }]),
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    ...Object.values(keys).flatMap((declared) => [...declared.values()].map(({ xml }) => xml)),
    '  <graph id="lineage" edgedefault="directed">',
    ...data(graph, keys.graph, '    '),
    ...vertices.flatMap(({ id }, index) => [
      `    <node id="${escaped(id)}">`,
      ...data(nodes[index] ?? {}, keys.node, '      '),
      '    </node>',
    ]),
    ...edges.flatMap(({ id, from, to, label }) => [
      `    <edge id="${escaped(id)}" source="${escaped(from)}" target="${escaped(to)}">`,
      ...data({ label }, keys.edge, '      '),
      '    </edge>',
    ]),
    '  </graph>',
    '</graphml>',
  ].join('\n');
}

type Key = { readonly id: string; readonly xml: string };

/** The keys of what these elements hold, by name. A name whose values differ in type holds text. */
function keysOf(domain: Domain, elements: readonly Element[]): ReadonlyMap<string, Key> {
  const types = new Map<string, string>();
  for (const element of elements) {
    for (const [name, value] of Object.entries(element)) {
      if (value !== undefined) types.set(name, joined(types.get(name), typeOf(value)));
    }
  }
  return new Map(
    [...types].map(([name, type], index) => {
      const id = `${domain}${index}`;
      const xml = `  <key id="${id}" for="${domain}" attr.name="${escaped(name)}" attr.type="${type}"/>`;
      return [name, { id, xml }];
    }),
  );
}

function typeOf(value: string | number | boolean): string {
  if (typeof value !== 'number') return typeof value;
  return Number.isSafeInteger(value) ? 'long' : 'double';
}

function joined(known: string | undefined, type: string): string {
  if (known === undefined || known === type) return type;
  return known !== 'string' && type !== 'string' && known !== 'boolean' && type !== 'boolean'
    ? 'double'
    : 'string';
}

function data(element: Element, keys: ReadonlyMap<string, Key>, indent: string): readonly string[] {
  return Object.entries(element).flatMap(([name, value]) => {
    const key = keys.get(name);
    if (value === undefined || key === undefined) return [];
    return [`${indent}<data key="${key.id}">${escaped(String(value))}</data>`];
  });
}

/** XML 1.0 has no way to write most control characters, nor half of a surrogate pair: they become U+FFFD. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[&<>"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/[\p{Control}\ufffe\uffff]/gu, (character) =>
      character < ' ' || character > '\x9f' ? '\ufffd' : character,
    );
}
