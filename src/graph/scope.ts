/** One account in one region: what a listing lists. */
export type Scope = {
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
};
