/** An entity as the stories pass it on: enough to link to it, no more, since shared ones are kept for long. */
export type Thing = {
  readonly arn: string;
  /** SourceUri of an artifact, action or context; name of a trial component; ARN of one that is another account's. */
  readonly uri: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
};
