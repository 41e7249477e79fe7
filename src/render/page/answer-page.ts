import type { Answer } from '../../graph/answer.ts';
import { answerSummary } from '../answer-table.ts';
import { htmlPage } from './html-page.ts';
import { livePageData, pageData } from './page-data.ts';

/**
 * An answer as one HTML page that needs nothing else: no network, no server. Values are data in it, never markup.
 *
 * @param askedAt when the question was asked; not said where it is not given.
 */
export async function answerPage(
  answer: Answer,
  { askedAt }: { readonly askedAt?: Date | undefined } = {},
): Promise<string> {
  return htmlPage(pageData(answer, { askedAt }), { summary: answerSummary(answer) });
}

/** As {@link answerPage}, with a server behind it that gives the neighbours of any vertex. */
export async function livePage(answer: Answer, options: Parameters<typeof livePageData>[1]): Promise<string> {
  return htmlPage(livePageData(answer, options), { summary: answerSummary(answer), live: true });
}
