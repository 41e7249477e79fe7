import { hash } from 'node:crypto';
import { arnKey } from './arn.ts';

const SEPARATOR = '\n';

/**
 * The id of an edge: 32 hex digits (128 bits of SHA-256) over source, label and destination. A reload of the same
 * association therefore meets its own edge instead of adding a second one. Spelling of the ARNs does not count.
 */
export function edgeId(from: string, label: string, to: string): string {
  return hash('sha256', [arnKey(from), label, arnKey(to)].join(SEPARATOR)).slice(0, 32);
}
