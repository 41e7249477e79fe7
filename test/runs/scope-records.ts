import { artifactId } from '../../src/sandbox/artifact-id.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';

const START_MS = Date.UTC(2026, 0, 1);

type Where = { readonly account: string; readonly region: string };

/** Entities of an account in a Region, one a minute. */
export function recordsOf({ account, region }: Where) {
  const prefix = `arn:aws:sagemaker:${region}:${account}`;
  const at = (minute: number) => ({
    CreationTime: START_MS + minute * 60_000,
    LastModifiedTime: START_MS + minute * 60_000,
  });
  return {
    artifactArn: (uri: string) => `${prefix}:artifact/${artifactId(uri)}`,
    actionArn: (name: string) => `${prefix}:action/${name}`,
    contextArn: (name: string) => `${prefix}:context/${name}`,
    artifact: (uri: string, type: string, minute: number): AccountRecord => ({
      ...{ kind: 'artifact', ArtifactArn: `${prefix}:artifact/${artifactId(uri)}`, ArtifactName: uri },
      ...{ ArtifactType: type, Source: { SourceUri: uri }, ...at(minute) },
    }),
    action: (name: string, minute: number): AccountRecord => ({
      ...{
        kind: 'action',
        ActionArn: `${prefix}:action/${name}`,
        ActionName: name,
        ActionType: 'ModelDeployment',
      },
      ...{ Source: { SourceUri: `arn:of:${name}` }, ...at(minute) },
    }),
    context: (name: string, minute: number): AccountRecord => ({
      ...{
        kind: 'context',
        ContextArn: `${prefix}:context/${name}`,
        ContextName: name,
        ContextType: 'Endpoint',
      },
      ...{ Source: { SourceUri: `arn:of:${name}` }, ...at(minute) },
    }),
    association: (SourceArn: string, DestinationArn: string, minute: number): AccountRecord => ({
      ...{ kind: 'association', SourceArn, DestinationArn, AssociationType: 'ContributedTo' },
      CreationTime: START_MS + minute * 60_000,
    }),
  };
}

/** So many datasets, each read by an action. */
export function pairsOf(where: Where, count: number): AccountRecord[] {
  const of = recordsOf(where);
  return Array.from({ length: count }, (_, n) => [
    of.artifact(`s3://${where.account}/${n}`, 'DataSet', n),
    of.action(`step-${n}`, n),
    of.association(of.artifactArn(`s3://${where.account}/${n}`), of.actionArn(`step-${n}`), n),
  ]).flat();
}
