/** One thing that is wrong with a configuration file. */
export type Mistake = {
  /** Of the member, such as `scopes[0].role.arn`; empty for the file as a whole. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
  /** What to do about it, where that is not plain. */
  readonly hint?: string;
};
