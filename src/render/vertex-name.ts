import { parseArn } from '../graph/arn.ts';
import type { Vertex } from '../graph/elements.ts';

/** What people call a vertex: the best name that it has, or the end of its ARN. */
export function vertexName({ id, properties }: Vertex): string {
  return givenName(properties) ?? parseArn(id)?.resourceId ?? id;
}

/** The name that its owner gave it, or where it lies. */
export function givenName({ name, sourceuri, sourcearn }: Vertex['properties']): string | undefined {
  const given = [name, sourceuri, sourcearn].find((text) => text !== undefined && text !== '');
  return given === undefined ? undefined : String(given);
}
