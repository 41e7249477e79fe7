import { KINDS, LISTED_KINDS, type ListedKind } from './kinds.ts';

/** The parts of `arn:<partition>:<service>:<region>:<account>:<resourceType>/<resourceId>`. */
export type Arn = {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  readonly resourceType: string;
  /** All after the first `/`, slashes included. */
  readonly resourceId: string;
};

const ARN = /^arn:([^:]+):([^:]+):([^:]*):([^:]*):([^/:]+)[/:](.+)$/s;

/** The parts of an ARN of any service and partition, or undefined where the text is not one. */
export function parseArn(text: string): Arn | undefined {
  const match = ARN.exec(text);
  if (match === null) return undefined;
  const [, partition = '', service = '', region = '', account = '', resourceType = '', resourceId = ''] =
    match;
  return { partition, service, region, account, resourceType, resourceId };
}

const KIND_BY_RESOURCE_TYPE: ReadonlyMap<string, ListedKind> = new Map(
  LISTED_KINDS.map((kind) => [KINDS[kind].resourceType, kind]),
);

/**
 * The kind of the SageMaker entity that an ARN names, or undefined for any other ARN or text. The kind is read from the
 * ARN, never from an association's SourceType, which holds the entity's own custom type (`Model`, `Endpoint` …).
 */
export function kindOfArn(text: string): ListedKind | undefined {
  const arn = parseArn(text);
  return arn?.service === 'sagemaker' ? KIND_BY_RESOURCE_TYPE.get(arn.resourceType.toLowerCase()) : undefined;
}

/**
 * What two spellings of one ARN have in common. SageMaker's names are not case-sensitive, and the casing of ARNs in its
 * replies has changed before (aws/sagemaker-experiments PR 172), so ARNs are matched by this and kept as listed.
 */
export function arnKey(arn: string): string {
  return arn.toLowerCase();
}
