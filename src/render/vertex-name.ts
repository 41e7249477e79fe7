import { parseArn } from '../graph/arn.ts';
import type { Vertex } from '../graph/elements.ts';

/** What people call a vertex: the best name that it has, or the end of its ARN. */
export function vertexName({ id, properties }: Vertex): string {
  return givenName(properties) ?? parseArn(id)?.resourceId ?? id;
}

/**
 * A name without what SageMaker puts behind the names of what it tracks by itself (`-aws-training-job`, `-aws-endpoint`), where
 * there is little room and the type stands beside it.
 */
export function shortName(name: string): string {
  return name.replace(TRACKED, '');
}

const TRACKED = /(?<=.)-aws-(?:(?:training|processing|transform)-job|endpoint|model-package-approval)$/;

/** The name that its owner gave it, or where it lies. */
export function givenName({ name, sourceuri, sourcearn }: Vertex['properties']): string | undefined {
  const given = [name, sourceuri, sourcearn].find((text) => text !== undefined && text !== '');
  return given === undefined ? undefined : String(given);
}
