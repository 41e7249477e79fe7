import type { DescribeCounts, Described, Describer } from '../crawl/describe.ts';
import { parseArn } from '../graph/arn.ts';

/** What describes the entities of one scope, and those that were shared with its account. */
export type ScopeDescriber = {
  /** Null where the account holds no lineage and nobody said which it is. */
  readonly account: string | null;
  readonly region: string;
  readonly describer: Describer;
};

/**
 * Describes entities through the scope that they are of; those of other accounts through each scope of their Region in turn,
 * until one of them has it shared.
 *
 * @param scopes at least one
 */
export function describerOfScopes(scopes: readonly ScopeDescriber[]): Describer {
  const [first, ...others] = scopes;
  if (first !== undefined && others.length === 0) return first.describer;

  function candidates(arn: string): readonly Describer[] {
    const { account, region = '' } = parseArn(arn) ?? {};
    const near = scopes.filter((scope) => scope.region === region.toLowerCase());
    const own = near.filter((scope) => scope.account === account);
    return (own.length > 0 ? own : near.length > 0 ? near : scopes.slice(0, 1)).map(
      ({ describer }) => describer,
    );
  }

  async function describe(arn: string) {
    for (const describer of candidates(arn)) {
      const row = await describer.describe(arn);
      if (row !== undefined) return row;
    }
    return undefined;
  }

  return {
    describe,
    async *describeAll(arns): AsyncGenerator<Described> {
      // By the first that may have it, all at once; then what is left by the next.
      let left: string[] = [];
      for await (const arn of arns) left.push(arn);
      for (let turn = 0; left.length > 0; turn += 1) {
        const found = new Set<string>();
        for (const { describer } of scopes) {
          const asked = left.filter((arn) => candidates(arn)[turn] === describer);
          for await (const described of asked.length === 0 ? [] : describer.describeAll(asked)) {
            found.add(described.arn);
            yield described;
          }
        }
        const next = turn + 1;
        left = left.filter((arn) => !found.has(arn) && candidates(arn)[next] !== undefined);
      }
    },
    get counts() {
      const all = scopes.map(({ describer }) => describer.counts);
      const sum = (name: keyof DescribeCounts) => all.reduce((total, counts) => total + counts[name], 0);
      const names = Object.keys(first?.describer.counts ?? {}) as (keyof DescribeCounts)[];
      return Object.fromEntries(names.map((name) => [name, sum(name)])) as DescribeCounts;
    },
    get denials() {
      return scopes.flatMap(({ describer }) => describer.denials);
    },
  };
}
