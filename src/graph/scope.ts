/** One account in one Region, and how to get there. Plain JSON, without secrets but for the external id, which is not printed. */
export type Scope = {
  /** Twelve digits: the account that the scope must turn out to be. @default whichever the credentials are of */
  readonly account?: string;
  readonly region: string;
  /** The role to assume for it. @default the caller's own credentials */
  readonly role?: {
    readonly arn: string;
    /** What the role's trust policy asks for, 2 to 1,224 characters. */
    readonly externalId?: string;
    /** What CloudTrail of the account shows, 2 to 64 characters. @default 'smlineage' */
    readonly sessionName?: string;
  };
};
