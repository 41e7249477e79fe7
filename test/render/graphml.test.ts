import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { renderAnswer } from '../../src/render/render-answer.ts';
import { hostileAnswer } from './hostile-answer.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Reads GraphML from stdin and prints what NetworkX made of it. */
const READ = `
import io, json, sys
import networkx
graph = networkx.read_graphml(io.BytesIO(sys.stdin.buffer.read()))
print(json.dumps({
    "graph": graph.graph,
    "nodes": [[id, data] for id, data in graph.nodes(data=True)],
    "edges": [[a, b, data] for a, b, data in graph.edges(data=True)],
}))
`;

function networkx(graphml: string) {
  const { status, stdout, stderr } = spawnSync(join(ROOT, '.venv/bin/python'), ['-c', READ], {
    input: graphml,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

test('NetworkX reads every vertex, property, type and edge as it is', async () => {
  const answer = hostileAnswer();

  const read = networkx(await renderAnswer(answer, 'graphml'));

  const shown = [...answer.vertices, ...answer.between].sort((a, b) => a.depth - b.depth);
  const between = new Set(answer.between.map(({ id }) => id));
  expect(read.nodes).toEqual([
    [
      storable(answer.start.id),
      { name: storable(String(answer.start.properties.name)), label: 'context', depth: 0, role: 'start' },
    ],
    ...shown.map(({ id, label, depth, properties: { mixed, ...properties } }) => [
      storable(id),
      {
        ...Object.fromEntries(
          Object.entries(properties).map(([name, value]) => [
            name,
            typeof value === 'string' ? storable(value) : value,
          ]),
        ),
        // Some of its values are text, so all are.
        mixed: storable(String(mixed)),
        label,
        depth,
        role: between.has(id) ? 'between' : 'answer',
      },
    ]),
  ]);
  expect(read.edges).toHaveLength(answer.edges.length);
  expect(
    new Set(
      read.edges.map(
        ([from, to, { label }]: [string, string, { label: string }]) => `${from}|${label}|${to}`,
      ),
    ),
  ).toEqual(new Set(answer.edges.map(({ from, to, label }) => [from, label, to].map(storable).join('|'))));
  expect(read.graph).toMatchObject({
    complete: false,
    incompleteReason: storable(answer.incompleteReason ?? ''),
    run: answer.source.run,
  });
});

/** XML cannot hold these at all. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\u0001', '\ufffd').replaceAll('\u001b', '\ufffd');
}
