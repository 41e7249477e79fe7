import { createHash } from 'node:crypto';

/** The canonical user id of an account: 64 hexadecimal digits, as S3 names owners. */
export function ownerId(account: string): string {
  return createHash('sha256').update(account).digest('hex');
}
