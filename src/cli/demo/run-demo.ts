import { LineageError } from '../../errors.ts';
import type { Answer } from '../../graph/answer.ts';
import type { Gremlin } from '../../graph/gremlin.ts';
import type { LineageGraph } from '../../lineage/graph.ts';
import type { LabelCount } from '../../neptune/counts.ts';
import type { ExportResult } from '../../runs/export.ts';
import type { LoadReport } from '../../runs/load.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { EngineState } from '../engine.ts';

export type DemoOptions = {
  /** Absolute path of the directory that holds the runs. */
  readonly out: string;
  readonly entities: number;
  readonly seed: number;
  readonly engine: EngineState;
  readonly signal: AbortSignal;
  /** Called with each part of the story as soon as it is known. */
  readonly onChapter: (chapter: DemoChapter) => void;
};

/** A Gremlin query, how many results it has, and the first of them. */
export type QueryAnswer = {
  readonly query: string;
  readonly results: number;
  readonly first: readonly unknown[];
};

/** The parts of the story, in their order. */
export type DemoChapter =
  | {
      readonly chapter: 'started';
      readonly entities: number;
      readonly seed: number;
      readonly url: string;
      readonly engine: EngineState;
    }
  | { readonly chapter: 'crawled'; readonly crawl: ExportResult }
  | { readonly chapter: 'uploaded'; readonly uri: string; readonly bytes: number }
  | { readonly chapter: 'loaded'; readonly load: LoadReport; readonly counted: boolean }
  | { readonly chapter: 'queried'; readonly queries: readonly QueryAnswer[] }
  | { readonly chapter: 'answered'; readonly asked: string; readonly answer: Answer; readonly from: string }
  | {
      readonly chapter: 'ended';
      readonly directory: string;
      readonly endpoint: string;
      readonly dataset: string;
      readonly leftOut?: string;
    };

/** What the demo did and found out; the shape of `demo --json`. */
export type DemoFacts = {
  readonly crawl: { readonly entities: number; readonly associations: number; readonly calls: number };
  readonly files: readonly { readonly name: string; readonly rows: number; readonly bytes: number }[];
  readonly load: { readonly status: string; readonly loadId: string; readonly records: number };
  readonly graph: { readonly verified: boolean; readonly byLabel: Readonly<Record<string, LabelCount>> };
  readonly answers: {
    readonly queries: readonly QueryAnswer[];
    readonly datasetsBehindEndpoint: Answer;
    readonly endpointsOfDataset: Answer;
  };
  readonly directory: string;
  /** What could not be shown, and what to install for it. */
  readonly leftOut?: string;
};

/** The queries of AWS's governance notebook, to the letter. */
const NOTEBOOK_QUERIES = [
  "g.V().hasLabel('artifact').outE().inV().path()",
  "g.V().hasLabel('artifact').has('type','DataSet').outE().inV().path().by(valueMap('arn','type','sourcearn','status'))",
];

const FIRST_RESULTS = 3;

/** Runs the pipeline from a generated account to answers, against a sandbox of its own. */
export async function runDemo(options: DemoOptions): Promise<DemoFacts> {
  const { entities, seed, engine, signal, onChapter } = options;
  const { startSandbox } = await import('../../sandbox/sandbox.ts');
  const { generateLineage } = await import('../../sandbox/generator/generate-lineage.ts');
  const { exampleDataset, exampleEndpoint } = await import('../../sandbox/generator/describe-projects.ts');
  const account = { entities, seed };
  const sandbox = await startSandbox({ records: generateLineage(account), gremlin: engine.ready, signal });
  try {
    onChapter({ chapter: 'started', entities, seed, url: sandbox.url, engine });
    const copied = await copy(sandbox, options);
    const { crawl, load, ask, close } = copied;
    try {
      const queries = ask.gremlin === undefined ? [] : await askNotebookQueries(ask.gremlin, signal);
      if (queries.length > 0) onChapter({ chapter: 'queried', queries });
      const endpoint = example(exampleEndpoint(account), 'endpoint', entities);
      const dataset = example(exampleDataset(account), 'dataset that reaches one', entities);
      const answers = await askLineage(ask.graph, { endpoint, dataset }, options);
      const leftOut = leftOutWithout(engine);
      onChapter({ chapter: 'ended', directory: crawl.directory, endpoint, dataset, ...leftOut });
      return {
        crawl: { entities: crawl.entities, associations: crawl.associations, calls: crawl.calls },
        files: crawl.files.map(({ path, rows, bytes }) => ({ name: path, rows, bytes })),
        load: { status: load.status, loadId: load.loadId, records: load.records },
        graph: { verified: load.verified, byLabel: { ...load.byLabel.vertices, ...load.byLabel.edges } },
        answers: { queries, ...answers },
        directory: crawl.directory,
        ...leftOut,
      };
    } finally {
      close();
    }
  } finally {
    await sandbox.close();
  }
}

type Copied = {
  readonly crawl: ExportResult;
  readonly load: LoadReport;
  /** What questions go to: the cluster, or without an engine the run directory. */
  readonly ask: { readonly graph: LineageGraph; readonly gremlin: Gremlin | undefined };
  readonly close: () => void;
};

const ROLE = 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3';

/** Export, upload and load, as the commands of the same names do them. */
async function copy(sandbox: Sandbox, { out, engine, signal, onChapter }: DemoOptions): Promise<Copied> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const { crawlClients } = await import('../../crawl/clients.ts');
  const { neptuneGraph } = await import('../../lineage/neptune-graph.ts');
  const { neptuneClient } = await import('../../neptune/clients.ts');
  const { gremlinClient } = await import('../../neptune/query.ts');
  const { exportLineage } = await import('../../runs/export.ts');
  const { loadRun } = await import('../../runs/load.ts');
  const { openRun } = await import('../../runs/open-run.ts');
  const { uploadRun } = await import('../../runs/upload.ts');
  const { url, region, bucket, credentials } = sandbox;
  const config = { region, endpoint: url, credentials };
  const clients = crawlClients(config);
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const neptune = neptuneClient(config);
  const close = () => {
    for (const client of [clients, s3, neptune]) client.destroy();
  };
  try {
    const crawl = await exportLineage({ clients, region, out, signal });
    onChapter({ chapter: 'crawled', crawl });
    const uploaded = await uploadRun({ s3, directory: crawl.directory, to: `s3://${bucket}/demo`, signal });
    onChapter({ chapter: 'uploaded', uri: uploaded.uri, bytes: uploaded.bytes });
    const load = await loadRun({
      neptune,
      s3,
      source: uploaded.uri,
      roleArn: ROLE,
      region,
      verify: engine.ready,
      signal,
    });
    onChapter({ chapter: 'loaded', load, counted: engine.ready });
    const gremlin = engine.ready ? gremlinClient(neptune) : undefined;
    const graph =
      gremlin === undefined
        ? await openRun({ directory: crawl.directory, signal })
        : neptuneGraph(gremlin, 'the Neptune cluster');
    return { crawl, load, ask: { graph, gremlin }, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function askNotebookQueries(send: Gremlin, signal: AbortSignal): Promise<readonly QueryAnswer[]> {
  const { queryAsWritten } = await import('../../graph/gremlin.ts');
  const answers: QueryAnswer[] = [];
  for (const query of NOTEBOOK_QUERIES) {
    const results = await send(queryAsWritten(query), { signal });
    answers.push({ query, results: results.length, first: results.slice(0, FIRST_RESULTS) });
  }
  return answers;
}

async function askLineage(
  graph: LineageGraph,
  { endpoint, dataset }: { readonly endpoint: string; readonly dataset: string },
  { signal, onChapter }: DemoOptions,
): Promise<Pick<DemoFacts['answers'], 'datasetsBehindEndpoint' | 'endpointsOfDataset'>> {
  const { downstream, upstream } = await import('../../lineage/questions.ts');
  const from = graph.name;
  const behind = { graph, start: endpoint, types: ['DataSet'], signal };
  const datasetsBehindEndpoint = await upstream(behind);
  onChapter({
    chapter: 'answered',
    asked: 'Which datasets are behind this endpoint?',
    answer: datasetsBehindEndpoint,
    from,
  });
  const reached = { graph, start: dataset, kinds: ['context'], types: ['Endpoint'], signal };
  const endpointsOfDataset = await downstream(reached);
  onChapter({
    chapter: 'answered',
    asked: 'Which endpoints break if this dataset is bad?',
    answer: endpointsOfDataset,
    from,
  });
  return { datasetsBehindEndpoint, endpointsOfDataset };
}

/** @throws LineageError (usage) where the account is too small for the story. */
function example(arn: string | undefined, what: string, entities: number): string {
  if (arn !== undefined) return arn;
  throw new LineageError('usage', `Among ${entities} entities there is no ${what}.`, {
    hint: 'Pass more --entities, or another --seed.',
  });
}

function leftOutWithout(engine: EngineState): { readonly leftOut?: string } {
  if (engine.ready) return {};
  return {
    leftOut: `Gremlin was left out (counts in the graph, the notebook's queries): ${engine.advice ?? 'no engine was started.'}`,
  };
}
