import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ListAnswer } from '../../src/graph/answer.ts';
import { upstream } from '../../src/lineage/questions.ts';
import { renderAnswer } from '../../src/render/render-answer.ts';
import { openRunGraph } from '../../src/runs/run-graph/open.ts';
import { arn, smallAccount, writtenRun } from '../runs/written-run.ts';
import { HOSTILE_NAMES, hostileAnswer } from './hostile-answer.ts';

type Row = Readonly<Record<string, string>>;

function rowsOf(text: string): readonly Row[] {
  return parse(text, { columns: true }) as Row[];
}

test('an answer as CSV has the start, every vertex and those between, all properties, and on every line whether it is complete', async () => {
  const answer = hostileAnswer();

  const rows = rowsOf(await renderAnswer(answer, 'csv'));

  expect(Object.keys(rows[0] ?? {})).toEqual([
    'depth',
    'record',
    'kind',
    'type',
    'name',
    'arn',
    'via',
    'via_arn',
    'creationtimems',
    'metric:loss',
    'mixed',
    'sourceuri',
    'complete',
    'incomplete_reason',
  ]);
  expect(rows.map(({ depth, record, kind }) => [Number(depth), record, kind])).toEqual([
    [0, 'start', 'context'],
    ...answer.vertices.map(({ depth, label }) => [depth, 'vertex', label]),
    ...answer.between.map(({ depth, label }) => [depth, 'between', label]),
  ]);
  expect(new Set(rows.map(({ complete }) => complete))).toEqual(new Set(['false']));
  const last = rows.filter(({ record }) => record === 'vertex').at(-1);
  expect(last?.['metric:loss']).toBe(String(answer.vertices.at(-1)?.properties['metric:loss']));
});

test('every line of an answer as CSV leads back to the start, association by association', async () => {
  const { vertices, edges } = smallAccount();
  const graph = await openRunGraph({ directory: (await writtenRun({ vertices, edges })).directory });
  const start = arn('context/endpoint');
  const answer = await upstream({ graph, start, types: ['DataSet'] });
  expect(answer.between.length).toBeGreaterThan(0);

  const rows = rowsOf(await renderAnswer(answer, 'csv'));

  const nearer = new Map(rows.map(({ arn: id = '', via_arn: to = '' }) => [id, to]));
  for (const { depth, arn: id = '' } of rows) {
    let at = id;
    for (let step = Number(depth); step > 0; step -= 1) at = nearer.get(at) ?? 'nowhere';
    expect(at).toBe(start);
  }
  expect(rows.find(({ arn: id }) => id === arn('artifact/Clean'))).toMatchObject({
    record: 'vertex',
    via: 'ContributedTo',
    via_arn: arn('experiment-trial-component/train'),
  });
});

test.each([
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-2+3', "'-2+3"],
  ['@SUM(1)', "'@SUM(1)"],
  ['\tx', "'\tx"],
  ['\rx', "'\rx"],
  ['  =1', "'  =1"],
  ['＝1', "'＝1"],
  ['a;=1', "a;'=1"],
  ['a\n=1', "a\n'=1"],
  ['a\r\n-1', "a\r\n'-1"],
  ['a=1', 'a=1'],
  ["s3://b/k-1;v='x'", "s3://b/k-1;v='x'"],
  ['churn-endpoint', 'churn-endpoint'],
])('the text %j stands in a cell as %j', async (name, cell) => {
  const { start } = hostileAnswer();
  const answer = hostileAnswer({ start: { ...start, properties: { name } }, vertices: [] });

  expect(rowsOf(await renderAnswer(answer, 'csv'))[0]?.name).toBe(cell);
});

test('whatever a text holds, no cell begins as a formula, and taking the apostrophes out gives the text back', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', ';', ',', '"', ' ', 'a') }),
    fc.constantFrom(...HOSTILE_NAMES.slice(0, -1)),
  );
  const plain = text.filter((value) => !value.includes("'") && value.isWellFormed());
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(plain, plain), { minLength: 1 }), async (pairs) => {
      const rows = pairs.map(([a, b]) => ({ a, b, n: -1 }));
      const list: ListAnswer = { ...LIST, columns: ['a', 'b', 'n'], rows };

      const lines = rowsOf(await renderAnswer(list, 'csv'));

      expect(
        lines.map(({ a = '', b = '', n }) => ({ a: a.replaceAll("'", ''), b: b.replaceAll("'", ''), n })),
      ).toEqual(pairs.map(([a, b]) => ({ a, b, n: '-1' })));
      for (const { a = '', b = '' } of lines) {
        for (const cell of [a, b].flatMap((value) => value.split(/[;\t\r\n]/)))
          expect(cell).not.toMatch(/^ *[=+\-@]/);
      }
    }),
  );
});

const LIST: ListAnswer = {
  question: 'orphans',
  about: [],
  source: { graph: 'a run' },
  complete: true,
  columns: ['arn', 'uses', 'inService', 'tags', 'none'],
  rows: [{ arn: 'arn:aws:x', uses: -3, inService: true, tags: ['=a', 'b'], none: null }],
};

test('a list as CSV has its columns in their order; numbers stay numbers', async () => {
  expect(await renderAnswer(LIST, 'csv')).toBe(
    'arn,uses,inService,tags,none,complete,incomplete_reason\r\narn:aws:x,-3,true,"\'=a; b",,true,',
  );
});

test('a list cannot be drawn, and says which forms it has', async () => {
  await expect(renderAnswer(LIST, 'dot')).rejects.toMatchObject({
    outcome: 'usage',
    message: 'The answer to orphans is a list: it cannot be drawn as dot.',
    hint: 'Pass --output with one of table, json, jsonl, csv.',
  });
});
