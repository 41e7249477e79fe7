import { LineageError } from '../errors.ts';
import type { Answer, ListAnswer } from '../graph/answer.ts';
import { answerTable, listTable } from './answer-table.ts';
import { answerCsv, listCsv } from './csv.ts';
import { answerDot } from './dot.ts';
import { type AnswerFormat, isListFormat, LIST_FORMATS, type ListFormat } from './formats.ts';
import { answerGraphml } from './graphml.ts';
import { answerJsonLines, listJsonLines } from './json-lines.ts';
import { answerMermaid } from './mermaid.ts';
import { answerPage } from './page/answer-page.ts';

export type RenderOptions = {
  /** Columns of the terminal, for `table`. @default unlimited */
  readonly width?: number | undefined;
  /** When the question was asked, for `html`. @default not said */
  readonly askedAt?: Date | undefined;
};

/**
 * An answer in one of the forms of `ANSWER_FORMATS`, without a last line end. Every form says whether the answer is
 * complete. `json` holds all of it as it is (schema/answer.schema.json); the others show or convert it.
 *
 * @throws LineageError (usage) where a list is to be drawn as a graph.
 */
export async function renderAnswer(
  answer: Answer | ListAnswer,
  format: AnswerFormat,
  options: RenderOptions = {},
): Promise<string> {
  if (!('rows' in answer)) return graphAnswer(answer, format, options);
  if (isListFormat(format)) return listAnswer(answer, format, options);
  throw new LineageError(
    'usage',
    `The answer to ${answer.question} is a list: it cannot be drawn as ${format}.`,
    {
      hint: `Pass --output with one of ${LIST_FORMATS.join(', ')}.`,
    },
  );
}

async function graphAnswer(
  answer: Answer,
  format: AnswerFormat,
  { width, askedAt }: RenderOptions,
): Promise<string> {
  switch (format) {
    case 'table':
      return answerTable(answer, width);
    case 'json':
      return JSON.stringify(answer, null, 2);
    case 'jsonl':
      return answerJsonLines(answer);
    case 'csv':
      return answerCsv(answer);
    case 'mermaid':
      return answerMermaid(answer);
    case 'dot':
      return answerDot(answer);
    case 'graphml':
      return answerGraphml(answer);
    case 'html':
      return answerPage(answer, { askedAt });
  }
}

function listAnswer(answer: ListAnswer, format: ListFormat, { width }: RenderOptions): string {
  switch (format) {
    case 'table':
      return listTable(answer, width);
    case 'json':
      return JSON.stringify(answer, null, 2);
    case 'jsonl':
      return listJsonLines(answer);
    case 'csv':
      return listCsv(answer);
  }
}
