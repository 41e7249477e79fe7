/** Rows of a table in turn, for one place of use: every row comes up, however few are drawn, and for each place alike. */
export type Deal = <Row>(place: string, rows: readonly [Row, ...Row[]]) => Row;

export function createDeal(): Deal {
  const dealt = new Map<string, number>();
  return (place, rows) => {
    const turn = dealt.get(place) ?? 0;
    dealt.set(place, turn + 1);
    return rows[turn % rows.length] ?? rows[0];
  };
}
