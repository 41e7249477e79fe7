import { CRAWL_IDLE } from './crawl-options.ts';
import type { IdleFlags } from './idle-flags.ts';
import { REMOVAL_IDLE } from './removal-options.ts';

/** What says nothing of a sync: of one by a plan all that the plan says. */
export const SYNC_IDLE: readonly IdleFlags[] = [
  {
    flags: ['delete', 'tombstone', 'force', 'max-delete', 'allow-empty'],
    where: 'beside --plan, which says what is done with what is gone',
    isIdle: ({ plan }) => plan !== undefined,
  },
  {
    flags: [
      ...['concurrency', 'max-rps', 'associations', 'verify', 'detail', 'tags', 'promote', 'link-twins'],
      ...['kinds', 'types', 'created-after', 'created-before', 'source-uri-prefix'],
    ],
    where: 'beside --plan, which names its run',
    isIdle: ({ plan }) => plan !== undefined,
  },
  {
    flags: ['metrics'],
    where: 'beside --output json',
    isIdle: ({ metrics, output }, sourceOf) =>
      metrics !== undefined && output === 'json' && sourceOf('metrics') === 'config',
  },
  {
    flags: ['output'],
    where: 'beside --metrics, which are printed in place of the report',
    isIdle: ({ metrics }) => metrics !== undefined,
  },
  ...CRAWL_IDLE,
  ...REMOVAL_IDLE,
];
