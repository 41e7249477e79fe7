import { isEdgeListing, type Listing } from '../crawl/listings.ts';
import { LineageError } from '../errors.ts';
import { type ManifestScope, SCOPE_LISTINGS } from '../snapshot/manifest.ts';
import type { KindVerdict, ScopeReport } from '../snapshot/report.ts';
import { hasMembershipsOfDetails, type ScopeFindings } from './crawl-scope.ts';
import type { JournalEntry, RunSettings } from './journal.ts';
import { reportedError, type Tally } from './listing-tally.ts';

type Verdict = NonNullable<ManifestScope['verdict']>;

/** What became of a scope, and why it is not complete. */
export type ScopeVerdict = { readonly verdict: Verdict; readonly reason?: string };

/** @returns undefined for an error that is no scope's own: it ends the run */
export function scopeVerdict({
  error,
  isIdentified,
}: Pick<ScopeFindings, 'error' | 'isIdentified'>): ScopeVerdict | undefined {
  if (error === undefined) return { verdict: 'complete' };
  if (!(error instanceof LineageError)) return undefined;
  const { outcome, message } = error;
  if (outcome === 'interrupted' || outcome === 'deadline' || outcome === 'unexpected') return undefined;
  const missing = whyUnsupported(error, isIdentified);
  if (missing !== undefined) return { verdict: 'unsupported', reason: `${missing} (${message})` };
  return { verdict: outcome === 'accessDenied' ? 'denied' : 'failed', reason: message };
}

/**
 * Why a Region cannot have lineage. Credentials that STS has just taken, and SageMaker does not know, are those of an account
 * that has not enabled the Region (IAM user guide, "Manage AWS STS in an AWS Region").
 */
function whyUnsupported({ details, cause }: LineageError, isIdentified: boolean): string | undefined {
  if (details.error === 'UnknownOperationException') return 'SageMaker has no lineage in this Region';
  if (codeOf(cause) === 'ENOTFOUND') return 'SageMaker has no endpoint in this Region';
  if (
    isIdentified &&
    (details.error === 'UnrecognizedClientException' || details.error === 'InvalidClientTokenId')
  )
    return 'The account has not enabled this Region';
  return undefined;
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

/** How many rows a scope gave, by what it was listed as. */
export function rowsOfScope(entries: readonly JournalEntry[]): NonNullable<ManifestScope['rows']> {
  const rows = Object.fromEntries(SCOPE_LISTINGS.map((listing) => [listing, 0])) as Record<Listing, number>;
  for (const { shard, parts, memberships } of entries) {
    for (const part of parts) rows[shard.listing] += part.rows;
    if (memberships !== undefined) rows[MEMBERSHIPS_OF[shard.listing] ?? shard.listing] += memberships.rows;
  }
  return rows;
}

/** Of which listing the edges are that come with completed entities. */
const MEMBERSHIPS_OF: Readonly<Partial<Record<Listing, Listing>>> = {
  trial: 'HasTrial',
  trial_component: 'HasTrialComponent',
};

/**
 * Whether each kind of a scope is all there: by the worst of the listings that it comes from, or by what kept the scope from
 * being listed at all. A kind that the run leaves out is partial.
 */
export function kindVerdicts(findings: ScopeFindings, settings: RunSettings): ScopeReport['kinds'] {
  const kinds = [...SCOPE_LISTINGS.filter((listing) => !isEdgeListing(listing)), 'edge'];
  const tallies = findings.crawl?.tallies ?? [];
  const scope = scopeVerdict(findings);
  const isUnlisted = tallies.length === 0 && findings.error !== undefined;
  const of = (kind: string): KindVerdict => {
    if (scope?.verdict === 'unsupported') return { ...scope, verdict: 'unsupported' };
    if (!isUnlisted) return kindVerdict(kind, tallies, settings);
    const { message, details } = reportedError(findings.error);
    return verdictOf(scope?.verdict === 'denied', message, details);
  };
  return Object.fromEntries(kinds.map((kind) => [kind, of(kind)]));
}

function kindVerdict(kind: string, tallies: readonly Tally[], settings: RunSettings): KindVerdict {
  const givesEdges = (listing: Listing) =>
    isEdgeListing(listing) ||
    (hasMembershipsOfDetails(settings) && (listing === 'trial' || listing === 'trial_component'));
  const own = tallies.filter(({ listing }) => (kind === 'edge' ? givesEdges(listing) : listing === kind));
  if (own.length === 0) return { verdict: 'partial', reason: 'not asked for' };
  const worst =
    own.find(({ verdict }) => verdict === 'denied') ?? own.find(({ verdict }) => verdict !== 'complete');
  if (worst === undefined) return { verdict: 'complete' };
  const { message, details } = reportedError(worst.error ?? 'the crawl ended before it');
  return verdictOf(worst.verdict === 'denied', message, details);
}

function verdictOf(
  isDenied: boolean,
  reason: string,
  { action }: Readonly<Record<string, unknown>>,
): KindVerdict {
  if (!isDenied) return { verdict: 'partial', reason };
  return { verdict: 'denied', reason, ...(typeof action === 'string' ? { action } : {}) };
}
