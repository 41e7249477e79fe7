import type { SandboxService } from '../service.ts';
import type { Buckets } from './buckets.ts';

export type S3Options = {
  readonly buckets: Buckets;
  /** Who owns the buckets: twelve digits. */
  readonly account: string;
  readonly region: string;
  readonly clock: () => number;
};

export function s3Service(_options: S3Options): SandboxService {
  return { operation: () => 'Unknown', reply: async () => ({ status: 501 }) };
}
