import type { RestoreReport } from '../../runs/restore.ts';
import { awsConfig, s3Client } from '../aws.ts';
import { type BucketOptions, encryptionOf, withBucketOptions } from '../bucket-options.ts';
import type { CommandSpec } from '../command.ts';
import { neptuneEndpointOption, requiredEndpoint } from '../neptune-endpoint.ts';
import { type AwsOptions, type CommonOptions, withAwsOptions } from '../options.ts';
import { grouped } from '../progress.ts';

type RestoreOptions = CommonOptions &
  AwsOptions &
  BucketOptions & { readonly to: string; readonly audit: string; readonly endpoint?: string };

export const restoreCommand = {
  name: 'restore',
  summary: 'put back what a sync removed, from its audit log',
  example:
    'smlineage restore --audit lineage-export/20261121T041500.123Z/sync/audit.jsonl --to s3://my-bucket/lineage --endpoint my-cluster.cluster-abc.us-east-1.neptune.amazonaws.com',
  configure(command) {
    return withBucketOptions(withAwsOptions(command, 'S3'))
      .requiredOption('--audit <file>', 'the audit log: a file, or its folder in S3 as the sync printed it')
      .requiredOption('--to <s3-uri>', 'bucket and prefix that the sync was given')
      .addOption(neptuneEndpointOption());
  },
  async run(
    { env, terminal, signal },
    _args: readonly [],
    { to, audit, output, ...options }: RestoreOptions,
  ) {
    const endpoint = requiredEndpoint(options.endpoint, env);
    const encryption = encryptionOf(options);
    const { expectedBucketOwner } = options;
    const { neptuneClient } = await import('../../neptune/clients.ts');
    const { restoreAudit } = await import('../../runs/restore.ts');
    const config = await awsConfig(options, env);
    const neptune = neptuneClient({ ...config, endpoint });
    const s3 = await s3Client(config, options, env);
    try {
      const report = await restoreAudit({ s3, neptune, to, audit, encryption, expectedBucketOwner, signal });
      terminal.print(output === 'json' ? JSON.stringify(report, null, 2) : reportText(report));
    } finally {
      neptune.destroy();
      s3.destroy();
    }
  },
} satisfies CommandSpec;

function reportText({ vertices, edges, present, loose }: RestoreReport): string {
  return [
    `Put back ${grouped(vertices)} vertices and ${grouped(edges)} edges`,
    ...(present === 0 ? [] : [`${grouped(present)} were there, and were left as they are`]),
    ...loose.map((id) => `The edge ${id} was not put back: an end of it is not in the graph`),
  ].join('\n');
}
