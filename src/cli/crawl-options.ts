import { type Command, Option } from 'commander';
import type { Detail } from '../graph/columns.ts';
import type { Subset } from '../graph/subset.ts';
import type { IdleFlags } from './idle-flags.ts';
import { list, positiveNumber, wholeNumber } from './options.ts';
import { subsetOf, withSubset } from './subset.ts';

/** What a command that crawls takes: how, how fast, how much of each entity, and which entities. */
export type CrawlFlags = Subset & {
  readonly concurrency: number;
  readonly maxRps?: number;
  readonly associations?: 'sweep' | 'per-node';
  readonly verify?: number;
  readonly detail?: Detail;
  readonly tags?: boolean;
  readonly promote?: readonly string[];
  readonly linkTwins?: boolean;
};

/** What says nothing of a run of summaries. Resumed, a run has the detail that it was started with. */
export const CRAWL_IDLE: readonly IdleFlags[] = [
  {
    flags: ['tags', 'promote', 'since'],
    where: 'of a run of summaries',
    instead: 'Add --detail full',
    isIdle: ({ detail, resume }) => detail === 'summary' || (detail === undefined && resume === undefined),
  },
  {
    flags: ['link-twins'],
    where: 'of one account',
    instead: 'List several as scopes in the configuration file',
    isIdle: ({ scopes }) => !Array.isArray(scopes) || scopes.length < 2,
  },
];

export function withCrawlOptions(command: Command): Command {
  return withSubset(
    command
      .option('--concurrency <n>', 'shards crawled at the same time', wholeNumber(1, 100), 16)
      .option('--max-rps <n>', 'requests a second of each operation, at most', positiveNumber)
      .addOption(
        new Option(
          '--associations <way>',
          'ask for all at once, or entity by entity (default: sweep)',
        ).choices(['sweep', 'per-node']),
      )
      .option(
        '--verify <n>',
        'ask for the associations of so many entities again, and compare',
        wholeNumber(0),
      )
      .addOption(
        new Option(
          '--detail <detail>',
          'what the listings give, or all that SageMaker knows of each entity (default: summary)',
        ).choices(['summary', 'full']),
      )
      .option('--tags', 'with full detail: ask for tags too')
      .option('--promote <list>', 'with full detail: keys with a column of their own: properties.team', list)
      .option('--link-twins', 'with several accounts: join artifacts that two of them have in common'),
  );
}

/**
 * What the flags say of the export, without those that were not given. `maxRps` is of the clients.
 *
 * @throws LineageError (usage) where the subset leaves nothing
 */
export function crawlOptionsOf(flags: CrawlFlags) {
  const { concurrency, associations, verify, detail, tags, promote, linkTwins } = flags;
  const subset = subsetOf(flags);
  return {
    concurrency,
    ...(subset === undefined ? {} : { subset }),
    ...(associations === undefined ? {} : { associations }),
    ...(verify === undefined ? {} : { verify }),
    ...(detail === undefined ? {} : { detail }),
    ...(tags === undefined ? {} : { tags }),
    ...(promote === undefined ? {} : { promote }),
    ...(linkTwins === undefined ? {} : { linkTwins }),
  };
}
