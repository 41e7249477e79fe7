import { hash } from 'node:crypto';

/**
 * The id of an artifact (32 hex digits, the part of its ARN after `/`) from its SourceUri. SageMaker derives it from the
 * source alone: the same data has the same id in every account, which is how SameAs twins are recognised, and one
 * account holds at most one artifact per SourceUri. Which hash AWS uses is not published; this one is the sandbox's own.
 */
export function artifactId(sourceUri: string): string {
  return hash('sha256', sourceUri).slice(0, 32);
}
