import { EXIT_CODES } from '../../src/errors.ts';
import type { FaultName } from '../../src/sandbox/faults.ts';
import type { ListingReport } from '../../src/snapshot/report.ts';

/*
 * What can befall a page of a listing, and what `export` makes of it: the table that test/runs/crawl-faults.test.ts plays
 * and docs/reliability.md shows. Written down by hand from what SageMaker documents, not derived from the code that it
 * judges.
 */

/** How an export ends: its exit code, and the verdict of the listing that was hit. */
export type Ending = { readonly exit: number; readonly verdict: ListingReport['verdict'] };

export type FaultRow = {
  readonly fault: FaultName;
  /** What it is, for the reader of the page. */
  readonly what: string;
  /** Played on one request, and on the one that repeats it. */
  readonly transient: Ending;
  /** Played on all requests from a page on. */
  readonly permanent: Ending;
  /** What the failure tells the user to do: a part of the hint. */
  readonly hint?: string;
  /** Listings that know the fault. @default all */
  readonly only?: 'association';
  /** Whether a run that it ended cannot be mended by resuming it. @default false */
  readonly isFinal?: boolean;
};

const whole: Ending = { exit: EXIT_CODES.ok, verdict: 'complete' };
const failed: Ending = { exit: EXIT_CODES.partialExport, verdict: 'failed' };
const denied: Ending = { exit: EXIT_CODES.accessDenied, verdict: 'denied' };
const stopped: Ending = { exit: EXIT_CODES.deadline, verdict: 'stopped' };
/** Every listing ended by itself, but what it gave was not true. */
const untrue: Ending = { exit: EXIT_CODES.partialExport, verdict: 'complete' };

export const FAULT_ROWS: readonly FaultRow[] = [
  {
    fault: 'throttle',
    what: 'refused as too fast',
    transient: whole,
    permanent: failed,
    hint: 'Lower --concurrency',
  },
  {
    fault: 'error-500',
    what: "SageMaker's internal error",
    transient: whole,
    permanent: failed,
    hint: 'Run the export again later',
  },
  {
    fault: 'html',
    what: 'the page of a proxy, under status 200',
    transient: whole,
    permanent: failed,
    hint: 'check the proxy',
  },
  {
    fault: 'html-502',
    what: 'the page of a bad gateway',
    transient: whole,
    permanent: failed,
    hint: 'check the proxy',
  },
  {
    fault: 'drop',
    what: 'the connection closed before the call arrives',
    transient: whole,
    permanent: failed,
    hint: 'Check the network',
  },
  {
    fault: 'lost-reply',
    what: 'the connection closed before the reply',
    transient: whole,
    permanent: failed,
    hint: 'Check the network',
  },
  { fault: 'slow', what: 'a reply that is late', transient: whole, permanent: whole },
  {
    fault: 'expired',
    what: 'credentials that expired',
    transient: failed,
    permanent: failed,
    hint: 'Renew the credentials',
  },
  {
    fault: 'denied',
    what: 'an IAM action that is not allowed',
    transient: denied,
    permanent: denied,
    hint: "in the caller's IAM policy",
  },
  {
    fault: 'empty-page',
    what: 'a page without records but with a token',
    transient: whole,
    permanent: stopped,
    hint: 'Allow more time',
  },
  {
    fault: 'repeated-token',
    what: 'a page with the token of an earlier one',
    transient: whole,
    permanent: failed,
    hint: 'Run the export again',
  },
  { fault: 'expired-token', what: 'a page token that is refused', transient: whole, permanent: whole },
  {
    fault: 'refused-sweep',
    what: 'the associations of the whole account are not listed',
    transient: whole,
    permanent: whole,
    only: 'association',
  },
  {
    fault: 'short-sweep',
    what: 'one of ten associations is hidden from that listing, found by `--verify`',
    transient: untrue,
    permanent: untrue,
    hint: 'Export with --associations per-node',
    only: 'association',
    isFinal: true,
  },
];

/** The rows as the table of docs/reliability.md. */
export function matrixMarkdown(rows: readonly FaultRow[]): string {
  const lines = rows.map(({ fault, what, transient, permanent, hint, isFinal }) => {
    const isEver = transient.exit !== 0 || permanent.exit !== 0;
    const resumed = isFinal === true ? 'refused: export again' : 'the undisturbed bytes';
    const said = hint === undefined ? '' : `… ${hint} …`;
    return `| \`${fault}\`: ${what} | ${ending(transient)} | ${ending(permanent)} | ${said} | ${isEver ? resumed : ''} |`;
  });
  return [
    '| a page of a listing is | transient | permanent | what the failure says | resumed once it is over |',
    '|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

function ending({ exit, verdict }: Ending): string {
  return exit === EXIT_CODES.ok ? '0, the undisturbed bytes' : `${exit}, listing ${verdict}`;
}
