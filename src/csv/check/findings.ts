import { type Broken, type Finding, type Level, RULES, type RuleName } from './rules.ts';

/** Where a finding is. */
export type Place = {
  readonly file: string;
  readonly line: number;
  readonly record: number;
  readonly id?: string | undefined;
};

/** Gathers findings: all are counted, the first are kept. */
export type Findings = {
  readonly kept: readonly Finding[];
  readonly counts: ReadonlyMap<RuleName, number>;
  /** Counts a finding and keeps it where there is room; what it says is asked for only then. */
  add(rule: RuleName, say: () => Place & Omit<Broken, 'rule'>): void;
  /** Counts further ones that nobody can place. */
  count(rule: RuleName, number: number): void;
};

/** @param most kept of each level */
export function createFindings(most: number): Findings {
  const kept: Record<Level, Finding[]> = { error: [], note: [] };
  const counts = new Map<RuleName, number>();
  function count(rule: RuleName, number: number): void {
    if (number > 0) counts.set(rule, (counts.get(rule) ?? 0) + number);
  }
  return {
    counts,
    count,
    get kept() {
      return [...kept.error, ...kept.note];
    },
    add(rule, say) {
      count(rule, 1);
      const { level, expected } = RULES[rule];
      if (kept[level].length >= most) return;
      const { file, line, record, column, id, found } = say();
      kept[level].push({
        ...{ rule, level, file, line, record },
        ...(column !== undefined && { column }),
        ...(id !== undefined && { id }),
        expected,
        ...(found !== undefined && { found }),
      });
    },
  };
}
