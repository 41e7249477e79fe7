import { parseArn } from '../graph/arn.ts';
import { LISTED_KINDS } from '../graph/kinds.ts';
import { isWholeScope, type Manifest, type ManifestScope, SCOPE_LISTINGS, scopeText } from './manifest.ts';
import { listedEdges } from './plan.ts';

/** How many rows a scope gave, by what it was listed as. */
export type ScopeRows = NonNullable<ManifestScope['rows']>;

/** A scope that the graph holds something of. */
export type HeldScope = Pick<ManifestScope, 'account' | 'region'> & {
  /** Of the last run that held it whole. */
  readonly rows: ScopeRows;
};

/** What a run can say of elements that it lacks. */
export type ScopeJudgement = {
  /** Whether it stands for all scopes that the graph holds something of, so that all that it lacks is gone. */
  readonly isWhole: boolean;
  /** Whether it stands for the scope of an entity. */
  judges(arn: string): boolean;
  /**
   * Whether an entity is of a scope of the run, or of one that the graph holds something of. Any other is somebody else's to
   * list, perhaps of another deployment that loads into the same graph.
   */
  knows(arn: string): boolean;
  /** Whether it stands for the scopes of an edge: one that leads to an account of no scope is that of its other end. */
  judgesEdge(ends: { readonly from: string; readonly to: string }): boolean;
};

/** Where each run and its graph have but one scope, guards decide: see `decideRemoval`. */
export function isOfSeveral({ scopes }: Pick<Manifest, 'scopes'>, held: readonly HeldScope[]): boolean {
  return scopes.length > 1 || held.length > 1;
}

/**
 * Which scopes a run stands for: those that it holds whole. An unsupported Region of which the graph holds nothing is in
 * nobody's way.
 */
export function judgeScopes(
  after: Pick<Manifest, 'scopes' | 'complete'>,
  held: readonly HeldScope[],
): ScopeJudgement {
  const whole = new Set(after.scopes.filter((scope) => isWholeScope(after, scope)).map(scopeText));
  const known = new Set([...held, ...after.scopes].map(scopeText));
  const isHeld = (scope: ManifestScope) => held.some((one) => scopeText(one) === scopeText(scope));
  const isNothing = (scope: ManifestScope) => scope.verdict === 'unsupported' && !isHeld(scope);
  const of = (arn: string) => {
    const { account = null, region = '' } = parseArn(arn) ?? {};
    return scopeText({ account, region: region.toLowerCase() });
  };
  return {
    isWhole:
      after.scopes.every((scope) => whole.has(scopeText(scope)) || isNothing(scope)) &&
      held.every((scope) => whole.has(scopeText(scope))),
    judges: (arn) => whole.has(of(arn)),
    knows: (arn) => known.has(of(arn)),
    judgesEdge({ from, to }) {
      const ends = [of(from), of(to)];
      return ends.some((end) => whole.has(end)) && ends.every((end) => whole.has(end) || !known.has(end));
    },
  };
}

/** What each scope of a run gave, and what it had given before: of those that the run holds whole. */
export function scopeChanges(
  after: Manifest,
  held: readonly HeldScope[],
): readonly { readonly scope: ManifestScope; readonly before: ScopeRows; readonly after: ScopeRows }[] {
  return after.scopes
    .filter((scope) => isWholeScope(after, scope))
    .map((scope) => ({
      scope,
      before: held.find((one) => scopeText(one) === scopeText(scope))?.rows ?? NO_ROWS,
      after: rowsOf(after, scope),
    }));
}

/**
 * The scopes that the graph holds something of, once it holds a run.
 *
 * @param options with `isDoubted`, what came back empty and was not counts as it did before: the next run is asked again
 */
export function heldAfter(
  held: readonly HeldScope[],
  after: Manifest,
  { isDoubted }: { readonly isDoubted: boolean },
): readonly HeldScope[] {
  const changes = scopeChanges(after, held).map(({ scope: { account, region }, before, after: now }) => {
    const rows = SCOPE_LISTINGS.map((listing) => [
      listing,
      isDoubted && now[listing] === 0 ? before[listing] : now[listing],
    ]);
    return { account, region, rows: Object.fromEntries(rows) as ScopeRows };
  });
  const changed = new Set(changes.map(scopeText));
  return [...held.filter((scope) => !changed.has(scopeText(scope))), ...changes]
    .filter(({ account }) => account !== null)
    .toSorted((a, b) => (scopeText(a) < scopeText(b) ? -1 : 1));
}

/** What a run gave of one of its scopes. */
function rowsOf({ vertices, edges, scopes }: Manifest, scope: ManifestScope): ScopeRows {
  if (scope.rows !== undefined) return scope.rows;
  if (scopes.length > 1) return NO_ROWS;
  const listed = LISTED_KINDS.map((kind) => [kind, vertices[kind]]);
  return { ...NO_ROWS, ...Object.fromEntries(listed), ...listedEdges(edges) };
}

/** Of a scope that gave nothing. */
export const NO_ROWS = Object.fromEntries(SCOPE_LISTINGS.map((listing) => [listing, 0])) as ScopeRows;
