import { readFile, writeFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import type { ListAnswer } from '../../src/graph/answer.ts';
import { answerJsonSchema } from '../../src/render/answer-schema.ts';
import { renderAnswer } from '../../src/render/render-answer.ts';
import { hostileAnswer } from './hostile-answer.ts';

const PUBLISHED = new URL('../../docs/schema/answer.schema.json', import.meta.url);

const LIST: ListAnswer = {
  question: 'compare',
  about: [hostileAnswer().start],
  source: { graph: 'db.example.com:8182' },
  complete: false,
  incompleteReason: 'a limit',
  columns: ['name', 'value'],
  rows: [
    { name: 'a', value: 1.5 },
    { name: '<b>', value: ['x', 'y'] },
    { name: 'c', value: null },
    { name: 'd', value: true },
  ],
};

async function validator() {
  return new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
    JSON.parse(await readFile(PUBLISHED, 'utf8')),
  );
}

test('the published JSON Schema is that of the code', async () => {
  const text = `${JSON.stringify(answerJsonSchema(), null, 2)}\n`;
  if (process.env.UPDATE_DOCS === '1') await writeFile(PUBLISHED, text);

  expect(await readFile(PUBLISHED, 'utf8'), 'run this test with UPDATE_DOCS=1').toBe(text);
});

test.each([
  ['an answer', hostileAnswer()],
  [
    'an answer with every option',
    hostileAnswer({
      filter: {
        kinds: ['artifact'],
        types: ['Model'],
        sourceTypes: ['TrainingJob'],
        createdAfter: '2026-01-01T00:00:00Z',
        createdBefore: '2027-01-01T00:00:00Z',
        modifiedAfter: '2026-01-01T00:00:00Z',
        modifiedBefore: '2027-01-01T00:00:00Z',
        properties: { stage: 'prod' },
      },
      limits: {
        maxDepth: 3,
        maxVertices: 9,
        through: ['action'],
        stopAt: ['Model'],
        membership: true,
        collapsed: true,
      },
      vertices: hostileAnswer().vertices.map((vertex) => ({ ...vertex, twins: ['arn:twin'] })),
      cycles: [hostileAnswer().edges],
    }),
  ],
  ['a list', LIST],
])('%s as JSON is exact and obeys the published schema', async (_, answer) => {
  const parsed = JSON.parse(await renderAnswer(answer, 'json'));
  const validate = await validator();

  expect(validate(parsed), JSON.stringify(validate.errors)).toBe(true);
  expect(parsed).toEqual(answer);
});

test('the schema refuses an answer that does not say whether it is complete', async () => {
  const { complete, ...rest } = hostileAnswer();
  const validate = await validator();

  expect(validate(rest)).toBe(false);
});

test('JSON lines give the same, a record a line, and first how many there are', async () => {
  const answer = hostileAnswer();
  const lines = (await renderAnswer(answer, 'jsonl')).split('\n').map((line) => JSON.parse(line));
  const of = (wanted: string) =>
    lines.filter(({ record }) => record === wanted).map(({ record, ...members }) => members);

  const [{ counts, ...first } = { counts: {} }] = of('answer');
  expect({ ...first, vertices: of('vertex'), between: of('between'), edges: of('edge') }).toEqual(answer);
  expect(counts).toEqual({
    vertices: answer.vertices.length,
    between: answer.between.length,
    edges: answer.edges.length,
  });
});

test('a list as JSON lines has its rows after itself', async () => {
  const lines = (await renderAnswer(LIST, 'jsonl')).split('\n').map((line) => JSON.parse(line));

  const { rows, ...rest } = LIST;
  expect(lines).toEqual([
    { record: 'list', ...rest, counts: { rows: 4 } },
    ...rows.map((row) => ({ record: 'row', row })),
  ]);
});
