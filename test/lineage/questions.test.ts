import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Edge } from '../../src/graph/elements.ts';
import { edgeId } from '../../src/graph/ids.ts';
import type { LineageGraph } from '../../src/lineage/graph.ts';
import { connected, downstream, upstream } from '../../src/lineage/questions.ts';
import { openRunGraph } from '../../src/runs/run-graph/open.ts';
import { arn, edgeRow, smallAccount, vertexRow, writtenRun } from '../runs/written-run.ts';
import { EMPTY_GRAPH } from './empty-graph.ts';
import { randomGraph, randomQuestion } from './random-graph.ts';
import { arcText, expectedAnswer, type Rows } from './reference.ts';

async function graphOf(rows: Rows, incompleteReason?: string): Promise<LineageGraph> {
  const { directory } = await writtenRun(rows);
  return openRunGraph({ directory, incompleteReason });
}

const QUESTIONS = { upstream, downstream, both: connected } as const;

test('random questions to random graphs get the answer of a plain search, in a fixed order', async () => {
  const drawn = randomGraph().chain((rows) =>
    fc.record({ rows: fc.constant(rows), questions: fc.array(randomQuestion(rows), { minLength: 8 }) }),
  );
  await fc.assert(
    fc.asyncProperty(drawn, async ({ rows, questions }) => {
      const graph = await graphOf(rows);
      for (const { direction, ...asked } of questions) {
        const answer = await QUESTIONS[direction]({ graph, ...asked });

        const edges = answer.edges.map(arcText);
        expect(edges).toEqual(edges.toSorted());
        expect({
          reached: answer.reached,
          complete: answer.complete,
          vertices: answer.vertices.map(({ depth, id }) => `${depth} ${id}`),
          between: answer.between.map(({ depth, id }) => `${depth} ${id}`),
          vias: answer.vertices.map(({ via }) => arcText(via)),
          edges,
        }).toEqual(expectedAnswer(rows, { direction, ...asked }));
      }
    }),
    { numRuns: 50 },
  );
});

const ENDPOINT = arn('context/endpoint');

test('an answer holds what was asked, its start, and every vertex and edge on the way', async () => {
  const graph = await graphOf(smallAccount());

  const answer = await upstream({ graph, start: arn('experiment-trial-component/train') });

  const created = {
    creationtime: '2026-01-01T00:00:00Z',
    creationtimems: Date.UTC(2026, 0, 1, 0, 0, 0, 123),
  };
  const vertexOf = (
    label: string,
    id: string,
    properties: Readonly<Record<string, string>>,
    reached: Readonly<{ depth: number; via: Edge }> | undefined,
  ) => ({
    id,
    label,
    properties: { arn: id, ...properties, ...(label === 'external' ? {} : created) },
    ...reached,
  });
  const edge = (from: string, label: string, to: string) => ({
    id: edgeId(from, label, to),
    from,
    to,
    label,
  });
  const train = arn('experiment-trial-component/train');
  const start = vertexOf('trial_component', train, { type: 'SageMakerTrainingJob' }, undefined);
  const foreign = 'arn:aws:sagemaker:us-east-1:999999999999:artifact/foreign';
  expect(answer).toEqual({
    question: 'upstream',
    direction: 'upstream',
    start,
    source: { graph: graph.name },
    filter: { kinds: [], types: [] },
    limits: { membership: false, collapsed: false },
    complete: true,
    foreign: [foreign],
    reached: 4,
    vertices: [
      vertexOf(
        'artifact',
        arn('artifact/Clean'),
        { type: 'DataSet', name: 'clean' },
        { depth: 1, via: edge(arn('artifact/Clean'), 'ContributedTo', train) },
      ),
      vertexOf(
        'external',
        foreign,
        { type: 'DataSet' },
        { depth: 1, via: edge(foreign, 'ContributedTo', train) },
      ),
      vertexOf(
        'artifact',
        arn('artifact/raw'),
        { type: 'DataSet', sourceuri: 's3://b/raw, "one"' },
        { depth: 2, via: edge(arn('artifact/raw'), 'DerivedFrom', arn('artifact/Clean')) },
      ),
      vertexOf(
        'trial_component',
        arn('experiment-trial-component/prepare'),
        { type: 'SageMakerProcessingJob' },
        { depth: 2, via: edge(arn('experiment-trial-component/prepare'), 'Produced', arn('artifact/Clean')) },
      ),
    ],
    between: [],
    cycles: [],
    edges: [
      [arn('artifact/Clean'), 'ContributedTo', arn('experiment-trial-component/train')],
      [arn('artifact/raw'), 'ContributedTo', arn('experiment-trial-component/prepare')],
      [arn('artifact/raw'), 'DerivedFrom', arn('artifact/Clean')],
      [arn('experiment-trial-component/prepare'), 'Produced', arn('artifact/Clean')],
      [foreign, 'ContributedTo', arn('experiment-trial-component/train')],
    ].map(([from = '', label = '', to = '']) => edge(from, label, to)),
  });
});

test('edges among the last vertices that a limit lets through are in the answer', async () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => arn(`artifact/${name}`)) as [
    string,
    string,
    string,
    string,
  ];
  const graph = await graphOf({
    vertices: [a, b, c, d].map((id) => vertexRow('artifact', id)),
    edges: [
      edgeRow(a, 'X', b),
      edgeRow(a, 'X', c),
      edgeRow(a, 'X', d),
      edgeRow(c, 'X', b),
      edgeRow(c, 'X', d),
    ],
  });

  const answer = await downstream({ graph, start: a, maxVertices: 2 });

  expect(answer.edges.map(({ from, to }) => [from, to])).toEqual([
    [a, b],
    [a, c],
    [c, b],
  ]);
  expect(answer.incompleteReason).toBe('there is more than the limit of 2 vertices');
});

test('a limit that nothing lies beyond leaves an answer complete', async () => {
  const graph = await graphOf(smallAccount());
  const ask = (limits: { maxDepth?: number; maxVertices?: number }) =>
    upstream({ graph, start: ENDPOINT, ...limits });

  const { reached, vertices } = await ask({});
  const deepest = vertices.at(-1)?.depth ?? 0;

  expect(await ask({ maxDepth: deepest, maxVertices: reached })).toMatchObject({ complete: true, reached });
  expect((await ask({ maxDepth: deepest - 1 })).incompleteReason).toBe(
    `there is more beyond depth ${deepest - 1}`,
  );
  expect(await ask({ maxVertices: reached - 1 })).toMatchObject({
    complete: false,
    reached: reached - 1,
    incompleteReason: `there is more than the limit of ${reached - 1} vertices`,
  });
});

test('an answer names the entities of accounts that the graph holds nothing else of', async () => {
  const { vertices, edges } = smallAccount();
  const foreign = 'arn:aws:sagemaker:us-east-1:999999999999:artifact/foreign';
  const behind = 'arn:aws:sagemaker:us-east-1:999999999999:artifact/behind';
  const foreignOf = async (rows: Rows, start: string, more = {}) =>
    (await upstream({ graph: await graphOf(rows), start, ...more })).foreign;
  const alone = { vertices, edges };
  const known = {
    vertices: [...vertices, vertexRow('artifact', behind)],
    edges: [...edges, edgeRow(behind, 'DerivedFrom', foreign)],
  };

  expect(await foreignOf(alone, ENDPOINT)).toEqual([foreign]);
  expect(await foreignOf(alone, foreign)).toEqual([foreign]);
  expect(await foreignOf(alone, arn('artifact/raw'))).toBeUndefined();
  expect(await foreignOf(alone, ENDPOINT, { stopAt: ['trial_component'] })).toBeUndefined();
  expect(await foreignOf(alone, ENDPOINT, { maxDepth: 1 })).toBeUndefined();
  expect(await foreignOf(known, ENDPOINT)).toBeUndefined();
});

describe('an answer says what it lacks', () => {
  test('where the graph itself is incomplete, and where the walk was cut', async () => {
    const graph = await graphOf(smallAccount(), 'run X does not hold the whole account');

    expect(await downstream({ graph, start: ENDPOINT })).toMatchObject({
      complete: false,
      incompleteReason: 'run X does not hold the whole account',
    });
    expect((await upstream({ graph, start: ENDPOINT, maxDepth: 1 })).incompleteReason).toBe(
      'run X does not hold the whole account; there is more beyond depth 1',
    );
  });

  test('where an edge leads to a vertex that is not there', async () => {
    const { vertices, edges } = smallAccount();
    const gone = arn('artifact/model');
    const graph = await graphOf({ vertices: vertices.filter(({ id }) => id !== gone), edges });

    expect(await upstream({ graph, start: ENDPOINT, types: ['ModelDeployment'] })).toMatchObject({
      complete: false,
      incompleteReason: `1 vertex at the end of an edge is not in the graph (${gone})`,
      vertices: [{ id: arn('action/deploy') }],
    });
  });
});

test('the filters look at kind and type, and a kind that the ARN rules out is not even read', async () => {
  const graph = await graphOf(smallAccount());
  const read: (readonly string[])[] = [];
  const watched: LineageGraph = {
    ...graph,
    vertices: (ids, options) => {
      read.push([...ids].sort());
      return graph.vertices(ids, options);
    },
  };

  const answer = await upstream({
    graph: watched,
    start: ENDPOINT,
    kinds: ['artifact'],
    types: ['DataSet'],
    edges: 'none',
  });

  expect(answer.vertices.map(({ id }) => id)).toEqual([
    arn('artifact/Clean'),
    'arn:aws:sagemaker:us-east-1:999999999999:artifact/foreign',
    arn('artifact/raw'),
  ]);
  expect(answer.reached).toBe(7);
  expect(read.flat().filter((id) => /action|trial/.test(id))).toEqual([]);
});

test('one of several labels that another application gave a vertex is enough for the filter', async () => {
  const labelled: LineageGraph = {
    ...EMPTY_GRAPH,
    edges: async (ids) => (ids.includes('s') ? [{ id: 'e', from: 's', to: 'v', label: 'X' }] : []),
    vertices: async (ids) => ids.map((id) => ({ id, label: 'artifact::audited', properties: {} })),
  };

  const passing = async (kind: string) =>
    (await downstream({ graph: labelled, start: 's', kinds: [kind] })).vertices.length;

  expect([await passing('artifact'), await passing('audited'), await passing('context')]).toEqual([1, 1, 0]);
});

describe('a start that is not in the graph', () => {
  test('is an error that names what resembles it', async () => {
    const graph = await graphOf(smallAccount());

    await expect(upstream({ graph, start: 'LEAN' })).rejects.toMatchObject({
      outcome: 'usage',
      message: `There is no "LEAN" in ${graph.name}.`,
      hint: `Did you mean ${arn('artifact/Clean')}?`,
      details: { start: 'LEAN', near: [arn('artifact/Clean')] },
    });
  });

  test('says what can be passed where nothing resembles it, and what the graph cannot look for', async () => {
    const graph = await graphOf(smallAccount());
    const letterByLetter: LineageGraph = {
      ...graph,
      resembling: async () => ({ near: [], remark: 'Mind the case.' }),
    };

    await expect(upstream({ graph, start: 'nowhere' })).rejects.toMatchObject({
      hint: 'Pass the ARN, the name or the source of an artifact, action, context, experiment, trial or trial component.',
    });
    await expect(upstream({ graph: letterByLetter, start: 'nowhere' })).rejects.toMatchObject({
      hint: 'Pass the ARN, the name or the source of an artifact, action, context, experiment, trial or trial component. Mind the case.',
    });
  });

  test('and one that vanishes meanwhile is an error, not an empty answer', async () => {
    const graph: LineageGraph = { ...(await graphOf(smallAccount())), vertices: async () => [] };

    await expect(upstream({ graph, start: ENDPOINT })).rejects.toMatchObject({
      outcome: 'unexpected',
      details: { id: ENDPOINT },
    });
  });
});

test('a question that is interrupted ends with the reason of the signal', async () => {
  const graph = await graphOf(smallAccount());
  const reason = new Error('enough');

  await expect(upstream({ graph, start: ENDPOINT, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
