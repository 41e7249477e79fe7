import type { Answer, Direction } from '../graph/answer.ts';
import { type ReachOptions, reach } from './reach.ts';

export type QuestionOptions = Omit<ReachOptions, 'question' | 'direction'>;

/**
 * What made this: everything that can be reached against the direction of associations, from SageMaker's point of view its
 * ascendants, without SageMaker's limit of 10 steps.
 *
 * @throws LineageError (usage) where the graph does not have the start; whatever the graph throws.
 */
export async function upstream(options: QuestionOptions): Promise<Answer> {
  return asked('upstream', 'upstream', options);
}

/** What depends on this: everything that can be reached along associations (descendants). As {@link upstream} otherwise. */
export async function downstream(options: QuestionOptions): Promise<Answer> {
  return asked('downstream', 'downstream', options);
}

/** Everything that hangs together with this, whichever way associations point. As {@link upstream} otherwise. */
export async function connected(options: QuestionOptions): Promise<Answer> {
  return asked('connected', 'both', options);
}

async function asked(question: string, direction: Direction, options: QuestionOptions): Promise<Answer> {
  return reach({ ...options, question, direction });
}
