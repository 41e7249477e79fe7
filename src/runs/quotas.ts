/**
 * How many entities callers may create in an account and Region before AWS Support raises the limit (Developer Guide,
 * lineage-tracking-manual-creation). What SageMaker itself makes does not count, and no listing tells the two apart.
 */
const QUOTAS = { artifact: 6_000, context: 500, action: 3_000, association: 6_000 } as const;

type QuotaCounts = Readonly<Record<keyof typeof QUOTAS, number | null>>;

/** The part of a quota from which on it is near. */
const NEAR = 0.8;

/** A sentence for each quota that so many may be near to. */
export function quotaNotes(
  counts: QuotaCounts,
  { isEstimate = false }: { readonly isEstimate?: boolean } = {},
): readonly string[] {
  return Object.entries(QUOTAS).flatMap(([kind, quota]) => {
    const count = counts[kind as keyof typeof QUOTAS] ?? 0;
    if (count < quota * NEAR) return [];
    return [
      `The account has ${isEstimate ? 'about ' : ''}${count} ${kind}s; callers may create ${quota}, not counting those that SageMaker makes itself.`,
    ];
  });
}
