import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { answerSummary } from '../../src/render/answer-table.ts';
import { renderAnswer } from '../../src/render/render-answer.ts';
import { oneLine } from '../../src/render/text-table.ts';
import { vertexName } from '../../src/render/vertex-name.ts';
import { hostileAnswer } from './hostile-answer.ts';

type Drawn = {
  readonly label: string;
  readonly objects: readonly { readonly tooltip: string; readonly _ldraw_: readonly Op[] }[];
  readonly edges: readonly {
    readonly tail: number;
    readonly head: number;
    readonly _ldraw_: readonly Op[];
  }[];
  readonly _ldraw_: readonly Op[];
};
type Op = { readonly op: string; readonly text?: string };

function drawnText({ _ldraw_ }: { readonly _ldraw_: readonly Op[] }): readonly string[] {
  return _ldraw_.flatMap(({ op, text = '' }) => (op === 'T' ? [text] : []));
}

function graphviz(dot: string): Drawn {
  const { status, stdout, stderr, error } = spawnSync('dot', ['-Tjson'], { input: dot, encoding: 'utf8' });
  expect({ status, error, stderr }).toEqual({ status: 0, error: undefined, stderr: '' });
  return JSON.parse(stdout);
}

test('Graphviz draws what the answer holds, and every text as it is', async () => {
  const answer = hostileAnswer();

  const drawn = graphviz(await renderAnswer(answer, 'dot'));

  const shown = [answer.start, ...[...answer.vertices, ...answer.between].sort((a, b) => a.depth - b.depth)];
  expect(drawn.objects.map(drawnText)).toEqual(
    shown.map((vertex) => {
      const { type } = vertex.properties;
      const lines = [vertexName(vertex), ...(type === undefined ? [] : [String(type)])];
      return lines
        .flatMap((line) => line.toWellFormed().split('\n').map(oneLine))
        .filter((line) => line !== '');
    }),
  );
  expect(drawn.edges.map(({ tail, head }) => [tail, head])).toEqual(
    answer.edges.map(({ from, to }) => [
      shown.findIndex(({ id }) => id === from),
      shown.findIndex(({ id }) => id === to),
    ]),
  );
  expect(drawnText(drawn).join('')).toBe(answerSummary(answer).toWellFormed());
});

test('an answer without edges is drawn by those that led to its vertices', async () => {
  const answer = hostileAnswer();

  const drawn = graphviz(await renderAnswer({ ...answer, edges: [] }, 'dot'));

  expect(drawn.edges).toHaveLength(answer.vertices.length + answer.between.length);
});
