import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { isEdgeListing, LISTING_OPERATIONS, type Listing } from '../../src/crawl/listings.ts';
import { EXIT_CODES, LineageError } from '../../src/errors.ts';
import { LISTED_KINDS } from '../../src/graph/kinds.ts';
import { type ExportEvent, exportLineage } from '../../src/runs/export.ts';
import { createFaults, type FaultRule, type FaultSource } from '../../src/sandbox/faults.ts';
import type { ExportReport, KindVerdict, ListingReport } from '../../src/snapshot/report.ts';
import { expectTable } from '../docs/doc-table.ts';
import { type Ending, FAULT_ROWS, type FaultRow, matrixMarkdown } from './crawl-fault-matrix.ts';
import { plainAccount } from './plain-account.ts';
import { fingerprint, readJson, temporaryDirectory } from './run-tree.ts';
import { region, type ServedAccount, serveAccount } from './sandbox-export.ts';

/*
 * The fault matrix: each fault of a listing, on its first, middle and last page, in passing and for ever, through the real
 * SDK clients against the sandbox. One shard at a time, so that the n-th request of an operation is a known page, and
 * that what comes after a listing has not begun when it fails.
 */

const ENTITIES = 25;
const PAGE_SIZE = 10;
/** More than an export of the account takes, with a few empty ones among them. */
const MANY_PAGES = 60;
const LISTINGS = Object.keys(LISTING_OPERATIONS) as readonly Listing[];
const held = plainAccount(ENTITIES, PAGE_SIZE);

/** Which request of its operation asks for the first, middle and last page: Search serves two listings. */
const PAGES = { first: 1, middle: 2, last: 3 } as const;
type Place = keyof typeof PAGES;
const PLACES = Object.keys(PAGES) as readonly Place[];

function requestOf(listing: Listing, place: Place): number {
  return PAGES[place] + (listing === 'HasTrial' ? 3 : 0);
}

type Bench = {
  readonly served: ServedAccount;
  /** Sets what the next exports meet. */
  meet(rules: readonly FaultRule[]): void;
  /** The operations that a fault was played on since, in order. */
  readonly played: string[];
};

/** Servers and clients that no test uses at the moment: to make them takes longer than to export. */
const idle: Bench[] = [];

afterAll(async () => {
  for (const { served } of idle) await served.close();
});

async function withBench<T>(use: (stage: Bench) => Promise<T>): Promise<T> {
  const stage = idle.pop() ?? (await bench());
  try {
    return await use(stage);
  } finally {
    stage.meet([]);
    idle.push(stage);
  }
}

async function bench(): Promise<Bench> {
  let faults: FaultSource = () => undefined;
  const played: string[] = [];
  const served = await serveAccount(held, {
    faults: (service, operation) => faults(service, operation),
    pageSize: PAGE_SIZE,
    maxAttempts: 3,
    onAccess: ({ operation, fault }) => fault !== undefined && played.push(operation),
  });
  return {
    served,
    played,
    meet(rules) {
      faults = createFaults({ rules: [...rules] });
      played.length = 0;
    },
  };
}

type Exporting = { readonly out?: string; readonly resume?: string };

/** One export under a row of the matrix; a listing that gives empty pages for ever is stopped by the deadline. */
async function exportOf(
  { served: { clients } }: Pick<Bench, 'served'>,
  row?: FaultRow,
  { out, resume }: Exporting = {},
) {
  const deadline = new AbortController();
  let pages = 0;
  return exportLineage({
    clients,
    region,
    out: out ?? (await temporaryDirectory()),
    concurrency: 1,
    signal: deadline.signal,
    onProgress(event: ExportEvent) {
      if (row?.fault !== 'empty-page' || event.type !== 'page' || ++pages < MANY_PAGES) return;
      deadline.abort(new DOMException('The time is over.', 'TimeoutError'));
    },
    ...(row?.fault === 'short-sweep' ? { verify: held.length } : {}),
    ...(resume === undefined ? {} : { resume }),
  });
}

let undisturbed: Promise<Record<string, string>> | undefined;

/** What the export of the account is, when nothing befalls it. */
function calmBytes(): Promise<Record<string, string>> {
  undisturbed ??= withBench(async (stage) => fingerprint((await exportOf(stage)).directory));
  return undisturbed;
}

function rule({ fault }: FaultRow, listing: Listing, at: number | number[], times?: number): FaultRule {
  return {
    service: 'sagemaker',
    operation: LISTING_OPERATIONS[listing],
    fault,
    at,
    ...(times === undefined ? {} : { times }),
    ...(fault === 'slow' ? { milliseconds: 5 } : {}),
  };
}

/** From a request on, further than any export asks. */
function from(request: number): number[] {
  return Array.from({ length: 300 }, (_, index) => request + index);
}

function listingsOf({ only }: FaultRow): readonly Listing[] {
  return only === undefined ? LISTINGS : [only];
}

/** Apart for the two listings that Search serves, so that a request of one does not shift those of the other. */
function groupsOf(row: FaultRow): readonly (readonly Listing[])[] {
  const isLater = (listing: Listing) => listing === 'HasTrial';
  const listings = listingsOf(row);
  return [listings.filter((listing) => !isLater(listing)), listings.filter(isLater)].filter(
    ({ length }) => length > 0,
  );
}

/** The exit code, hint and report of an export that fails, and the run that it left. */
async function failureOf(out: string, exporting: Promise<unknown>) {
  const error = await exporting.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LineageError)) throw new Error('Expected the export to fail.', { cause: error });
  const names = await readdir(out);
  const [name = ''] = names;
  const report = (await readJson(join(out, name, 'report.json'))) as unknown as ExportReport;
  return { error, report, names, run: name.replace(/\.partial$/, '') };
}

/** What the report says of each listing: one shard at a time, so those before are complete, those after not begun. */
function verdicts(hit: Listing, { verdict }: Ending): Record<string, ListingReport['verdict']> {
  const place = LISTINGS.indexOf(hit);
  return Object.fromEntries(
    LISTINGS.map((listing, index) => [
      listing,
      index < place || verdict === 'complete' ? 'complete' : index === place ? verdict : 'stopped',
    ]),
  );
}

/** What the report says of each kind, without the wording. */
function kindVerdicts(hit: Listing, ending: Ending): Record<string, Omit<KindVerdict, 'reason'>> {
  const byListing = verdicts(hit, ending);
  const of = (listings: readonly Listing[]) => {
    const found = listings.map((listing) => byListing[listing]);
    if (found.includes('denied')) {
      return { verdict: 'denied', action: `sagemaker:${LISTING_OPERATIONS[hit]}` } as const;
    }
    return { verdict: found.every((verdict) => verdict === 'complete') ? 'complete' : 'partial' } as const;
  };
  return Object.fromEntries([
    ...LISTED_KINDS.map((kind) => [kind, of([kind])]),
    ['edge', of(LISTINGS.filter(isEdgeListing))],
  ]);
}

function listingVerdicts({ listings }: ExportReport) {
  return Object.fromEntries(Object.entries(listings).map(([listing, { verdict }]) => [listing, verdict]));
}

function kindVerdictsIn({ scopes }: ExportReport) {
  const kinds = Object.entries(scopes[0]?.kinds ?? {});
  return Object.fromEntries(kinds.map(([kind, { reason: _, ...told }]) => [kind, told]));
}

test('the docs show the matrix', async () => {
  await expectTable('reliability.md', 'crawl-faults', matrixMarkdown(FAULT_ROWS));
});

describe.concurrent('the fault matrix', () => {
  const cells = FAULT_ROWS.flatMap((row) =>
    (['transient', 'permanent'] as const).flatMap((lasting) =>
      PLACES.map((place) => ({ row, fault: row.fault, lasting, place, ending: row[lasting] })),
    ),
  );

  test.for(cells.filter(({ ending }) => ending.exit === EXIT_CODES.ok))(
    '$lasting $fault from the $place page of every listing on changes no byte',
    ({ row, lasting, place }, { expect }) =>
      withBench(async (stage) => {
        const calm = await calmBytes();
        for (const listings of groupsOf(row)) {
          for (const times of lasting === 'transient' ? [1, 2] : [undefined]) {
            stage.meet(listings.map((listing) => rule(row, listing, from(requestOf(listing, place)), times)));

            const { directory } = await exportOf(stage, row);

            expect(await fingerprint(directory)).toEqual(calm);
            const played = new Set(stage.played);
            expect(played).toEqual(new Set(listings.map((listing) => LISTING_OPERATIONS[listing])));
            // What is only late is not asked for again, so the pages after it are late as well.
            if (times !== undefined && row.fault !== 'slow') {
              expect(stage.played.length).toBe(listings.length * times);
            }
          }
        }
      }),
  );

  const failing = cells
    .filter(({ ending }) => ending.exit !== EXIT_CODES.ok)
    .flatMap((cell) => listingsOf(cell.row).map((listing) => ({ ...cell, listing })));

  test.for(failing)(
    '$lasting $fault from the $place page of $listing on fails the run, which can be resumed',
    ({ row, lasting, place, listing, ending }, { expect }) =>
      withBench(async (stage) => {
        const calm = await calmBytes();
        const out = await temporaryDirectory();
        const first = requestOf(listing, place);
        stage.meet([rule(row, listing, from(first), lasting === 'transient' ? 1 : undefined)]);

        const { error, report, names, run } = await failureOf(out, exportOf(stage, row, { out }));

        expect(error.exitCode).toBe(ending.exit);
        expect(error.hint).toContain(row.hint);
        expect(names).toEqual([`${run}.partial`]);
        expect(report.complete).toBe(false);
        expect(report.error).toMatchObject({ outcome: error.outcome, message: error.message });
        expect(listingVerdicts(report)).toEqual(verdicts(listing, ending));
        expect(kindVerdictsIn(report)).toEqual(kindVerdicts(listing, ending));

        stage.meet([]);
        expect(error.hint?.includes('--resume')).toBe(row.isFinal !== true);
        const resumed = exportOf(stage, undefined, { out, resume: run });

        if (row.isFinal === true) {
          await expect(resumed).rejects.toMatchObject({ outcome: 'usage' });
          return;
        }
        expect(await fingerprint((await resumed).directory)).toEqual(calm);
        expect(await readdir(out)).toEqual([run]);
      }),
  );
});
