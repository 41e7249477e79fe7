import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { neptuneFailure, type Reply, scriptedServer } from '../neptune/scripted-server.ts';
import { arn, edgeRow, smallAccount, vertexRow, writtenRun } from '../runs/written-run.ts';
import { cliHere } from './in-process.ts';

const ENV = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'any' };
const ENDPOINT = arn('context/endpoint');

beforeEach(() => {
  // The SDK's credential providers look at the process.
  for (const [name, value] of Object.entries(ENV)) vi.stubEnv(name, value);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

function cli(...args: readonly string[]) {
  return cliHere(args);
}

describe('of a run', () => {
  let run: string;
  beforeEach(async () => {
    const { vertices, edges } = smallAccount();
    const twice = ['artifact', 'context'].map((kind) =>
      vertexRow(kind as 'artifact', arn(`${kind}/twice`), { name: 'twice' }),
    );
    run = (await writtenRun({ vertices: [...vertices, ...twice], edges })).directory;
  });

  test.each([
    ['an unknown start', 'nowhere', 'There is no "nowhere" in'],
    ['a name that means several', 'twice', '"twice" names 2 entities in'],
  ])('%s is a misuse, with nothing on stdout', async (_, start, message) => {
    const { exitCode, stdout, stderr } = await cli('upstream', start, '--graph', run);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('an empty answer is an answer, and complete', async () => {
    const { exitCode, stdout } = await cli('downstream', ENDPOINT, '--graph', run);

    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: `0 entities downstream of ${ENDPOINT}; complete\n`,
    });
  });

  test.each([
    [['--depth', '1'], 'NOT complete: there is more beyond depth 1'],
    [['--limit', '2'], 'NOT complete: there is more than the limit of 2 vertices'],
    [['--stop-at', 'Model'], '; complete'],
    [['--through', 'action', 'context'], '; complete'],
    [['--property', 'stage=prod'], 'NOT complete: the graph holds no entity'],
  ])('a limit that cuts is told, a question that ends by itself is not: %j', async (flags, told) => {
    expect((await cli('upstream', 'endpoint', '--graph', run, ...flags)).exitCode).toBe(2);
    expect((await cli('upstream', 'churn', '--graph', run, ...flags)).stdout).toContain(told);
  });

  test('the ways to what is shown are there as asked for', async () => {
    const ask = async (...flags: readonly string[]) => {
      const { stdout } = await cli(
        'upstream',
        'churn',
        '--graph',
        run,
        '--type',
        'DataSet',
        '--output',
        'json',
        ...flags,
      );
      const { vertices, between, edges } = JSON.parse(stdout);
      return [vertices.length, between.length, edges.length];
    };

    expect(await ask()).toEqual([3, 3, 6]);
    expect(await ask('--include-edges')).toEqual([3, 4, 8]);
    expect(await ask('--no-edges')).toEqual([3, 0, 0]);
  });

  test.each([
    [['table'], 'Expected what the table is to be about.'],
    [
      ['table', '--context', 'churn', '--action', 'deploy'],
      'Expected one entity, got --context and --action.',
    ],
    [['table', '--artifact', 'churn'], 'churn is no artifact: it is the context'],
    [['table', '--endpoint', 'nowhere'], 'There is no endpoint "nowhere" in'],
    [['upstream', 'churn', '--property', 'stage'], 'Expected a name and a value such as stage=prod.'],
    [
      ['jobs-of', 'churn', '--job', 'Train'],
      'Expected some of TrainingJob, ProcessingJob, TransformJob, found Train.',
    ],
    [
      ['upstream', 'churn', '--kind', 'context', 'artefact'],
      'Expected some of artifact, trial_component, action, context, experiment, trial, external, found artefact.',
    ],
    [['orphans', '--kind', 'Artifact'], 'found Artifact.'],
    [['datasets-of', 'churn', '--direction', 'up'], 'Allowed choices are upstream, downstream, both.'],
  ])('%j is refused', async (args, message) => {
    const { exitCode, stderr } = await cli(...args, '--graph', run);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  test('a table shows what comes in before what goes out', async () => {
    const { stdout } = await cli(
      'table',
      '--trial-component',
      arn('experiment-trial-component/train'),
      '--graph',
      run,
      '--output',
      'csv',
    );

    expect(stdout).toContain('Name/Source,Direction,Type,Association Type,Lineage Type');
    expect([...stdout.matchAll(/Input|Output/g)].join(' ')).toBe('Input Input Output');
  });
});

describe('of a cluster', () => {
  const START = arn('artifact/start');
  const vertex = (id: string) => ({ id, label: 'artifact', properties: { name: ['x'] } });
  const data = (...results: readonly unknown[]): Reply => ({ json: { result: { data: results } } });
  const timeout = neptuneFailure('TimeLimitExceededException', 500, 'A timeout occurred within the script');

  /** The start is there, and reaches another vertex; then things happen. */
  function clusterThat(then: (query: string) => Reply) {
    return scriptedServer(({ body }) => {
      const query = String((body as { gremlin?: string }).gremlin);
      return query.endsWith('.id()') ? data(START) : then(query);
    });
  }

  test('a query that takes too long ends with its own code and no answer', async () => {
    const { url } = await clusterThat(() => timeout);

    const { exitCode, stdout, stderr } = await cli('downstream', START, '--graph', url);

    expect({ exitCode, stdout }).toEqual({ exitCode: 124, stdout: '' });
    expect(stderr).toMatch(/^smlineage: .*(took|longer|time)/m);
  });

  test('an engine that cannot give all at once is asked level by level', async () => {
    const edge = { id: 'e', from: START, to: arn('artifact/next'), label: 'DerivedFrom' };
    const { url, seen } = await clusterThat((query) => {
      if (query.includes('repeat')) return timeout;
      if (query.includes('valueMap')) return data(vertex(START), vertex(edge.to));
      return query.includes(START) ? data(edge) : data();
    });

    const { exitCode, stdout } = await cli('downstream', START, '--graph', url);

    expect(exitCode).toBe(0);
    expect(stdout).toContain('1 entity downstream of');
    expect(seen.length).toBeGreaterThan(3);
  });

  test('an engine that dies on the way ends in an error and no answer', async () => {
    const edge = { id: 'e', from: START, to: arn('artifact/next'), label: 'DerivedFrom' };
    const { url } = await clusterThat((query) => {
      if (query.includes('repeat')) return timeout;
      return query.includes(START) && query.includes('outE') ? data(edge) : 'drop';
    });

    const { exitCode, stdout, stderr } = await cli('downstream', START, '--graph', url, '--output', 'json');

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(
      `smlineage: Cannot answer the query at ${url}: the connection broke (ECONNRESET).`,
    );
  });

  test('an unknown start says what a cluster cannot look for', async () => {
    const { url } = await scriptedServer(() => data());

    const { exitCode, stdout, stderr } = await cli('upstream', 'nowhere', '--graph', url);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('There is no "nowhere" in');
    expect(stderr).toContain('Neptune compares texts letter by letter');
  });
});

test('edges of a run that lead nowhere leave an answer incomplete', async () => {
  const { directory } = await writtenRun({
    vertices: [vertexRow('artifact', arn('artifact/a'))],
    edges: [edgeRow(arn('artifact/a'), 'DerivedFrom', arn('artifact/gone'))],
  });

  expect((await cli('downstream', arn('artifact/a'), '--graph', directory)).stdout).toContain(
    `NOT complete: 1 vertex at the end of an edge is not in the graph (${arn('artifact/gone')})`,
  );
});
