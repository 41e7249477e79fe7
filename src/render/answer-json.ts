import type { Answer } from '../graph/answer.ts';

/** The answer for programs: the Answer type as indented JSON, without a line end. */
export function answerJson(answer: Answer): string {
  return JSON.stringify(answer, null, 2);
}
