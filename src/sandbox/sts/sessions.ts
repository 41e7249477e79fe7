import { randomBytes } from 'node:crypto';

/** What AssumeRole gives: credentials that speak for a role until they expire. */
export type Session = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** The role's account: twelve digits. */
  readonly account: string;
  readonly roleName: string;
  readonly sessionName: string;
  readonly partition: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
};

/** The sessions that were issued, by access key. Any other key is the account's own user. */
export type Sessions = {
  issue(role: Pick<Session, 'account' | 'roleName' | 'sessionName' | 'partition' | 'expiresAt'>): Session;
  of(accessKeyId: string): Session | undefined;
};

export function createSessions(): Sessions {
  const byKey = new Map<string, Session>();
  return {
    issue(role) {
      const session = {
        ...role,
        accessKeyId: `ASIA${randomId(16)}`,
        secretAccessKey: randomBytes(30).toString('base64'),
        sessionToken: randomBytes(90).toString('base64'),
      };
      byKey.set(session.accessKeyId, session);
      return session;
    },
    of: (accessKeyId) => byKey.get(accessKeyId),
  };
}

/** Who a session is, as AWS names it in replies and refusals. */
export function sessionArn({ partition, account, roleName, sessionName }: Session): string {
  return `arn:${partition}:sts::${account}:assumed-role/${roleName}/${sessionName}`;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function randomId(length: number): string {
  return [...randomBytes(length)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
}
