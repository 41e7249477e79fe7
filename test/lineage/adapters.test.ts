import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Answer } from '../../src/graph/answer.ts';
import { type Gremlin, gremlin } from '../../src/graph/gremlin.ts';
import type { LineageGraph } from '../../src/lineage/graph.ts';
import { neptuneGraph } from '../../src/lineage/neptune-graph.ts';
import { connected, downstream, upstream } from '../../src/lineage/questions.ts';
import { neptuneClient } from '../../src/neptune/clients.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import { openRunGraph } from '../../src/runs/run-graph/open.ts';
import type { GremlinEngine } from '../../src/sandbox/neptune/gremlin-engine.ts';
import { writtenRun } from '../runs/written-run.ts';
import { bucketStore, load, serveNeptune } from '../sandbox/neptune/served-neptune.ts';
import { startedEngine } from '../sandbox/neptune/started-engine.ts';
import { randomGraph, randomQuestion } from './random-graph.ts';
import { type Asked, arcText, expectedAnswer, type Rows } from './reference.ts';

/* The same files, read from a run directory and loaded into the real engine by the sandbox's loader, asked the same. */

let engine: GremlinEngine;
let neptune: Awaited<ReturnType<typeof serveNeptune>>;
let send: Gremlin;
const bucket = bucketStore();

beforeAll(async () => {
  engine = await startedEngine();
  neptune = await serveNeptune({ store: bucket.store, engine, region: 'us-east-1', clock: Date.now });
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' };
  send = gremlinClient(neptuneClient({ endpoint: neptune.endpoint, region: 'us-east-1', credentials }));
});

afterAll(async () => {
  await neptune.close();
  await engine.close();
});

let runs = 0;

type Both = { readonly run: LineageGraph; readonly cluster: LineageGraph };

/** The rows in a run directory, and, in place of whatever was there, in the cluster. */
async function inBoth(rows: Rows): Promise<Both> {
  runs += 1;
  const { directory } = await writtenRun(rows, { gzip: runs % 2 === 0 });
  await send(gremlin`g.V().drop()`);
  bucket.clear();
  for (const part of ['data/nodes', 'data/edges']) {
    for (const name of await readdir(join(directory, part))) {
      bucket.put(`run/${part}/${name}`, await readFile(join(directory, part, name)));
    }
  }
  const { overallStatus, errors } = await load(neptune.client, { updateSingleCardinalityProperties: true });
  expect([overallStatus.status, errors.errorLogs]).toEqual(['LOAD_COMPLETED', []]);
  return { run: await openRunGraph({ directory }), cluster: neptuneGraph(send, 'the cluster') };
}

const QUESTIONS = { upstream, downstream, both: connected } as const;

function ask(graph: LineageGraph, { direction, ...asked }: Asked): Promise<Answer> {
  return QUESTIONS[direction]({ graph, ...asked });
}

function inShort({ reached, complete, vertices, between, edges }: Answer) {
  return {
    reached,
    complete,
    vertices: vertices.map(({ depth, id }) => `${depth} ${id}`),
    between: between.map(({ depth, id }) => `${depth} ${id}`),
    vias: vertices.map(({ via }) => arcText(via)),
    edges: edges.map(arcText),
  };
}

/** The sizes of graphs, and how many of them. A cluster takes its time to load the largest. */
test.each([
  { max: 10, graphs: 3, questions: 16 },
  { max: 300, graphs: 1, questions: 12 },
  { min: 5_000, max: 5_000, graphs: 1, questions: 4 },
])(
  'from a run and from a cluster, random questions to random graphs get the answer of a plain search: $max vertices',
  async ({ graphs, questions: count, ...size }) => {
    const drawn = randomGraph(size).chain((rows) =>
      fc.record({
        rows: fc.constant(rows),
        questions: fc.array(randomQuestion(rows), { minLength: count, maxLength: count }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(drawn, async ({ rows, questions }) => {
        const { run, cluster } = await inBoth(rows);
        for (const asked of questions) {
          const fromRun = await ask(run, asked);
          const fromCluster = await ask(cluster, asked);

          expect({ ...fromCluster, source: fromRun.source }).toEqual(fromRun);
          const found = inShort(fromRun);
          expect({ ...found, edges: found.edges.toSorted() }).toEqual(expectedAnswer(rows, asked));
        }
      }),
      { numRuns: graphs, endOnFailure: size.max > 10 },
    );
  },
  // Loading the largest graph into the engine takes most of it, on a busy machine more than a minute.
  180_000,
);
