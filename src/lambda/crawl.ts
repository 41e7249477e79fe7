import { tmpdir } from 'node:os';
import { LineageError } from '../errors.ts';
import { crawlShardToS3 } from '../runs/crawl-shards.ts';
import { crawlEvent } from './contracts.ts';
import { accessOf, reach } from './deployment.ts';
import { handlerOf } from './handler.ts';
import { openNight, scopeFolder, settingsOf } from './night.ts';

/** Turns without a single page, after which nobody believes that there will be one. */
const IDLE_TURNS = 3;

/**
 * Crawls a shard of a scope, as much of it as there is time for; `isDone` says whether anything is left, which the next call,
 * given what this one replied, goes on with.
 */
export const handler = handlerOf(crawlEvent, async (event, step) => {
  const { scope, shard, idle = 0 } = event;
  const night = await openNight(step, event);
  const { clients } = reach(scope, night.input, step.deployment);
  try {
    const crawled = await crawlShardToS3({
      clients,
      shard: { ...shard, scope: { region: scope.region } },
      settings: settingsOf(step, night),
      folder: scopeFolder(step, night, scope),
      access: accessOf(step.deployment, step.signal),
      scratch: tmpdir(),
      concurrency: night.input.concurrency,
      clock: () => new Date(),
      signal: step.timeUp,
    });
    const idleNow = crawled.isDone || crawled.finished > 0 ? 0 : idle + 1;
    if (idleNow >= IDLE_TURNS) throw stuck(shard.listing, idleNow);
    return {
      ...event,
      idle: idleNow,
      isDone: crawled.isDone,
      pages: crawled.pages,
      records: crawled.records,
    };
  } finally {
    clients.destroy();
  }
});

function stuck(listing: string, turns: number): LineageError {
  return new LineageError('deadline', `No page of ${listing} came within the time of ${turns} functions.`, {
    hint: 'Give the function more time, or lower concurrency where SageMaker throttles.',
    details: { listing, turns },
  });
}
