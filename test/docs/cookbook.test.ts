import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gremlin, literal, queryAsWritten } from '../../src/graph/gremlin.ts';
import { datasetsOf, endpointsOf, jobsOf, modelsOf } from '../../src/lineage/entities-of.ts';
import type { LineageGraph } from '../../src/lineage/graph.ts';
import { orphans } from '../../src/lineage/orphans.ts';
import { path } from '../../src/lineage/path.ts';
import { downstream, upstream } from '../../src/lineage/questions.ts';
import { artifacts, table } from '../../src/lineage/tables.ts';
import { trialsOf } from '../../src/lineage/trials-of.ts';
import { neptuneClient } from '../../src/neptune/clients.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import { exportLineage } from '../../src/runs/export.ts';
import { openRun } from '../../src/runs/open-run.ts';
import {
  describeProjects,
  exampleDataset,
  exampleEndpoint,
} from '../../src/sandbox/generator/describe-projects.ts';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import type { GremlinEngine } from '../../src/sandbox/neptune/gremlin-engine.ts';
import { account, region, serveAccount } from '../runs/sandbox-export.ts';
import { bucketStore, load, serveNeptune } from '../sandbox/neptune/served-neptune.ts';
import { startedEngine } from '../sandbox/neptune/started-engine.ts';

/* Every query of the cookbook, on the engine that a generated account was loaded into, beside the command that it stands for. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ACCOUNT = { entities: 300, seed: 7, account, region };

const ENDPOINT = exampleEndpoint(ACCOUNT) ?? '';
const DATASET = exampleDataset(ACCOUNT) ?? '';
const behind = [...describeProjects(ACCOUNT)]
  .flatMap(({ endpoints }) => endpoints)
  .find(({ arn }) => arn === ENDPOINT)?.behind;
const [MODEL = ''] = behind?.model ?? [];
const [IMAGE = ''] = behind?.image ?? [];
const [ACTION = ''] = behind?.deployment ?? [];

let folder: string;
let graph: LineageGraph;
let source: string;
let engine: GremlinEngine;
let neptune: Awaited<ReturnType<typeof serveNeptune>>;
let send: Gremlin;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smlineage-cookbook-'));
  const { clients, close } = await serveAccount([...generateLineage(ACCOUNT)]);
  const { directory } = await exportLineage({ clients, region, out: folder });
  await close();
  graph = await openRun({ directory });
  const [dataset] = await graph.vertices([DATASET]);
  source = String(dataset?.properties.sourceuri);

  const bucket = bucketStore();
  engine = await startedEngine();
  neptune = await serveNeptune({ store: bucket.store, engine, region: 'us-east-1', clock: Date.now });
  for (const part of ['data/nodes', 'data/edges']) {
    for (const name of await readdir(join(directory, part))) {
      bucket.put(`run/${part}/${name}`, await readFile(join(directory, part, name)));
    }
  }
  const { overallStatus } = await load(neptune.client, { updateSingleCardinalityProperties: true });
  expect(overallStatus.status).toBe('LOAD_COMPLETED');
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' };
  send = gremlinClient(neptuneClient({ endpoint: neptune.endpoint, region: 'us-east-1', credentials }));
});

afterAll(async () => {
  await neptune.close();
  await engine.close();
  await rm(folder, { recursive: true });
});

type Ids = Promise<{ readonly vertices: readonly { readonly id: string }[] }>;

/** The ids that a query must give, by the title of its section. */
const EXPECTED: Readonly<Record<string, () => Ids>> = {
  'Everything upstream of an endpoint': () => upstream({ graph, start: ENDPOINT }),
  'Everything downstream of a dataset': () => downstream({ graph, start: DATASET }),
  'Datasets of an endpoint': () => datasetsOf({ graph, start: ENDPOINT }),
  'Models of an endpoint': () => modelsOf({ graph, start: ENDPOINT }),
  'Training jobs of an endpoint': () => jobsOf({ graph, start: ENDPOINT, jobs: ['TrainingJob'] }),
  'Processing jobs of an endpoint': () => jobsOf({ graph, start: ENDPOINT, jobs: ['ProcessingJob'] }),
  'Transform jobs of an endpoint': () => jobsOf({ graph, start: ENDPOINT, jobs: ['TransformJob'] }),
  'Trial components of an endpoint': () => jobsOf({ graph, start: ENDPOINT }),
  'Actions of an endpoint': () => upstream({ graph, start: ENDPOINT, kinds: ['action'] }),
  'Approvals of an endpoint': () =>
    upstream({ graph, start: ENDPOINT, kinds: ['action'], types: ['Approval'] }),
  'Datasets of a model': () => datasetsOf({ graph, start: MODEL }),
  'Endpoints that use a model': () => endpointsOf({ graph, start: MODEL }),
  'Models that use a dataset': () => modelsOf({ graph, start: DATASET }),
  'Endpoints derived from a dataset': () => endpointsOf({ graph, start: DATASET }),
  'Datasets derived from a dataset': () => datasetsOf({ graph, start: DATASET, direction: 'downstream' }),
  'Datasets downstream of an image': () => datasetsOf({ graph, start: IMAGE, direction: 'downstream' }),
  'Trials upstream of a model': () => trialsOf({ graph, start: MODEL }),
  'Trials downstream of a dataset': () => trialsOf({ graph, start: DATASET, direction: 'downstream' }),
  'Artifacts of a source URI': async () => ({
    vertices: (await artifacts({ graph, sourceUri: source })).rows.map(({ ArtifactArn: id }) => ({ id })),
  }),
  'Entities that nothing is joined to': async () => ({
    vertices: (await orphans({ graph })).rows.map(({ arn: id }) => ({ id })),
  }),
};

/** Queries whose results are no ids. */
const OTHERS: Readonly<Record<string, (results: readonly unknown[]) => Promise<void>>> = {
  'Artifacts and what they lead to': async (results) => expect(results.length).toBeGreaterThan(100),
  'Datasets and what they lead to': async (results) => expect(results.length).toBeGreaterThan(50),
  'A shortest path': async ([result]) => {
    const { objects } = result as { objects: readonly string[] };
    const { vertices } = await path({ graph, start: DATASET, end: ENDPOINT });
    expect([objects[0], objects.at(-1), objects.length]).toEqual([DATASET, ENDPOINT, vertices.length + 1]);
  },
  'What is directly joined to an action': async (results) => {
    const { rows } = await table({ graph, subject: 'action', of: ACTION });
    const joined = results as readonly { from: string; to: string; association: string }[];
    expect(joined.map(({ from }) => (from === ACTION ? 'Output' : 'Input'))).toEqual(
      rows.map(({ Direction }) => Direction),
    );
    expect(joined.map(({ association }) => association).sort()).toEqual(
      rows.map((row) => row['Association Type'] ?? 'Untyped').sort(),
    );
  },
};

const page = await readFile(join(ROOT, 'docs/cookbook.md'), 'utf8');
const recipes = [...page.matchAll(/^## (.+?)\n.*?^```gremlin\n(.*?)^```$/gms)].map(
  ([, title = '', query = '']) => [title, query] as const,
);

test('every section of the cookbook has a query and something to compare it with', () => {
  expect(recipes.map(([title]) => title).sort()).toEqual(
    [...Object.keys(EXPECTED), ...Object.keys(OTHERS)].sort(),
  );
  expect(recipes).toHaveLength([...page.matchAll(/^## /gm)].length);
});

test.each(recipes)('%s', async (title, query) => {
  const values = { ENDPOINT, MODEL, DATASET, IMAGE, ACTION, SOURCE: source };
  const asked = Object.entries(values).reduce(
    (text, [name, value]) => text.replaceAll(`'${name}'`, literal(value)),
    query,
  );

  const results = await send(queryAsWritten(asked));

  const expected = EXPECTED[title];
  if (expected === undefined) await OTHERS[title]?.(results);
  else {
    const { vertices } = await expected();
    // In a cycle the start is upstream of itself; an answer leaves it out.
    const ids = results.map(String).filter((id) => !asked.startsWith(`g.V(${literal(id)})`));
    expect(ids.sort()).toEqual(vertices.map(({ id }) => id).sort());
  }
});

test('the notebook has the queries of the cookbook, in its order, with its variables', async () => {
  const notebook = JSON.parse(await readFile(join(ROOT, 'notebooks/lineage.ipynb'), 'utf8')) as {
    readonly cells: readonly { readonly cell_type: string; readonly source: readonly string[] }[];
  };
  const code = notebook.cells
    .filter(({ cell_type }) => cell_type === 'code')
    .map(({ source: lines }) => lines.join(''));
  const queries = code
    .filter((text) => text.startsWith('%%gremlin'))
    .map((text) => text.replace(/^.*\n/, ''));
  const variables = [...code.join('\n').matchAll(/^([A-Z]+) = /gm)].map(([, name]) => name);

  expect(queries.map((query) => `${query.replaceAll(/\$\{([A-Z]+)\}/g, '$1')}\n`)).toEqual(
    recipes.map(([, query]) => query),
  );
  expect(new Set([...queries.join('').matchAll(/\$\{([A-Z]+)\}/g)].map(([, name]) => name))).toEqual(
    new Set(variables),
  );
});
