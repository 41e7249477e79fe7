import { describe, expect, test } from 'vitest';
import type { Answer, AnswerVertex, ListAnswer } from '../../src/graph/answer.ts';
import { answerSummary, answerTable, listTable } from '../../src/render/answer-table.ts';

const START = { id: 'arn:aws:sagemaker:us-east-1:1:context/churn', label: 'context', properties: {} };

function answer(overrides: Partial<Answer> = {}): Answer {
  const vertices: readonly AnswerVertex[] = overrides.vertices ?? [
    vertexOf('action/deploy', 'action', {
      type: 'ModelDeployment',
      sourceuri: 's3://b/ignored',
      name: 'deploy',
    }),
    vertexOf('artifact/raw', 'artifact', { type: 'DataSet', sourceuri: 's3://b/raw' }, 12),
    vertexOf('experiment-trial-component/t', 'trial_component', { sourcearn: 'arn:job', starttimems: 5 }, 2),
    vertexOf('artifact/bare', 'external', {}),
  ];
  return {
    question: 'upstream',
    direction: 'upstream',
    start: START,
    source: { graph: 'a test' },
    filter: { kinds: [], types: [] },
    limits: { membership: false, collapsed: false },
    between: [],
    cycles: [],
    complete: true,
    reached: vertices.length,
    edges: [],
    ...overrides,
    vertices,
  };
}

function vertexOf(
  resource: string,
  label: string,
  properties: AnswerVertex['properties'],
  depth = 1,
): AnswerVertex {
  const id = `arn:aws:sagemaker:us-east-1:1:${resource}`;
  return { id, label, properties, depth, via: { id: 'e', from: id, to: START.id, label: 'ContributedTo' } };
}

describe('answerTable', () => {
  test('shows depth, kind, type, the best name there is and the ARN, and the summary last', () => {
    expect(answerTable(answer()).split('\n')).toEqual([
      'depth  kind             type             name or source  arn',
      '    1  action           ModelDeployment  deploy          arn:aws:sagemaker:us-east-1:1:action/deploy',
      '   12  artifact         DataSet          s3://b/raw      arn:aws:sagemaker:us-east-1:1:artifact/raw',
      '    2  trial_component                   arn:job         arn:aws:sagemaker:us-east-1:1:experiment-trial-component/t',
      '    1  external                                          arn:aws:sagemaker:us-east-1:1:artifact/bare',
      '4 entities upstream of arn:aws:sagemaker:us-east-1:1:context/churn; complete',
    ]);
  });

  test('is the summary alone where nothing was found', () => {
    expect(answerTable(answer({ vertices: [] }))).toBe(
      '0 entities upstream of arn:aws:sagemaker:us-east-1:1:context/churn; complete',
    );
  });

  test('keeps to the width of a terminal, and cuts ARNs at their front', () => {
    const lines = answerTable(answer(), 70).split('\n').slice(0, -1);

    for (const line of lines) expect(line.length).toBeLessThanOrEqual(70);
    expect(lines[1]).toMatch(/action\/deploy$/);
    expect(lines[1]).not.toContain('arn:aws:sagemaker:us-east-1:1:action/deploy');
  });

  test('lets no value of the graph break its line or reach the terminal as a control sequence', () => {
    const name = 'a\nb\u001b[2Jc';
    const table = answerTable(
      answer({ vertices: [vertexOf('artifact/x', 'artifact', { name, type: 'T\r\n' })] }),
    );

    expect(table.split('\n')).toHaveLength(3);
    expect(table.replaceAll('\n', '')).not.toMatch(/\p{Control}/u);
  });
});

describe('answerSummary', () => {
  const place = 'arn:aws:sagemaker:us-east-1:1:context/churn';

  test.each<[string, Partial<Answer>, string]>([
    [
      'one',
      { vertices: [vertexOf('artifact/a', 'artifact', {})] },
      `1 entity upstream of ${place}; complete`,
    ],
    ['downstream', { direction: 'downstream' }, `4 entities downstream of ${place}; complete`],
    ['both ways', { direction: 'both' }, `4 entities connected with ${place}; complete`],
    ['filtered', { reached: 36 }, `4 of 36 entities upstream of ${place}; complete`],
    [
      'filtered to nothing out of one',
      { vertices: [], reached: 1 },
      `0 of 1 entity upstream of ${place}; complete`,
    ],
    [
      'incomplete',
      { complete: false, incompleteReason: 'there is more beyond depth 3' },
      `4 entities upstream of ${place}; NOT complete: there is more beyond depth 3`,
    ],
    [
      'a start with a line break',
      { start: { ...START, id: 'a\nb' } },
      '4 entities upstream of a\\nb; complete',
    ],
  ])('says how many and whether that is all: %s', (_, overrides, expected) => {
    expect(answerSummary(answer(overrides))).toBe(expected);
  });
});

describe('listTable', () => {
  const list: ListAnswer = {
    question: 'orphans',
    about: [START],
    source: { graph: 'a test' },
    complete: true,
    columns: ['arn', 'uses', 'types', 'live'],
    rows: [
      { arn: `${START.id}/long/enough/to/be/cut`, uses: 12, types: ['a', 'b'], live: true },
      { arn: START.id, uses: null, types: [], live: false },
    ],
  };

  test('shows the columns in their order, numbers to the right, the verdict last', () => {
    expect(listTable(list).split('\n')).toEqual([
      'arn                                                                uses  types  live',
      'arn:aws:sagemaker:us-east-1:1:context/churn/long/enough/to/be/cut    12  a, b   true',
      'arn:aws:sagemaker:us-east-1:1:context/churn                                     false',
      '2 rows: orphans of arn:aws:sagemaker:us-east-1:1:context/churn; complete',
    ]);
  });

  test('cuts an ARN at its start, and says what a list lacks', () => {
    const cut = listTable({ ...list, complete: false, incompleteReason: 'a limit' }, 40).split('\n');

    expect(cut[1]).toMatch(/^….*be\/cut /);
    expect(cut.at(-1)).toBe(
      '2 rows: orphans of arn:aws:sagemaker:us-east-1:1:context/churn; NOT complete: a limit',
    );
  });

  test('is the verdict alone where there are no rows', () => {
    expect(listTable({ ...list, about: [], rows: [] })).toBe('0 rows: orphans; complete');
  });
});
