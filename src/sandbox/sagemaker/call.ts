import type { PageFault } from '../service.ts';
import type { Account } from './account.ts';

/** One request, as its operation sees it. */
export type Call = {
  readonly operation: string;
  readonly account: Account;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly pageFault: PageFault | undefined;
};
