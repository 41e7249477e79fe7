import type { PageFault } from '../service.ts';
import type { Account } from './account.ts';

/** One request, as its operation sees it. */
export type Call = {
  readonly operation: string;
  readonly account: Account;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly pageFault: PageFault | undefined;
  /** The account whose lineage group is shared with the caller, by the ARN of an entity of it. */
  readonly lenderOf: (arn: string) => Account | undefined;
  /** Accounts that a lineage group is shared with. */
  readonly sharedWith: (groupArn: string) => readonly string[];
};
