import type { MigrateReport } from '../../runs/migrate.ts';
import { awsConfig, s3Client } from '../aws.ts';
import { type BucketOptions, encryptionOf, withBucketOptions } from '../bucket-options.ts';
import type { CommandSpec } from '../command.ts';
import { neptuneEndpointOption, requiredEndpoint } from '../neptune-endpoint.ts';
import { type AwsOptions, type CommonOptions, withAwsOptions } from '../options.ts';
import { grouped } from '../progress.ts';

type MigrateOptions = CommonOptions &
  AwsOptions &
  BucketOptions & {
    readonly to: string;
    readonly out: string;
    readonly endpoint?: string;
    readonly confirm?: string;
  };

const HOST = 'my-cluster.cluster-abc.us-east-1.neptune.amazonaws.com';

export const migrateCommand = {
  name: 'migrate',
  summary: 'find what AWS’s governance notebook has loaded, and remove it once a sync was verified',
  example: `smlineage migrate --to s3://my-bucket/lineage --endpoint ${HOST} --confirm ${HOST}`,
  configure(command) {
    return withBucketOptions(withAwsOptions(command, 'S3'))
      .requiredOption('--to <s3-uri>', 'bucket and prefix that the sync was given')
      .addOption(neptuneEndpointOption())
      .option('--confirm <host>', 'the host of the cluster: remove what was found')
      .option('--out <dir>', 'directory that holds the runs: the audit log goes there', 'lineage-export');
  },
  idle: [
    {
      flags: ['out'],
      where: 'where nothing is removed',
      instead: 'Add --confirm',
      isIdle: ({ confirm }) => confirm === undefined,
    },
  ],
  async run(
    { env, terminal, signal },
    _args: readonly [],
    { to, out, confirm, output, ...options }: MigrateOptions,
  ) {
    const endpoint = requiredEndpoint(options.endpoint, env);
    const encryption = encryptionOf(options);
    const { expectedBucketOwner } = options;
    const { neptuneClient } = await import('../../neptune/clients.ts');
    const { migrateNotebook } = await import('../../runs/migrate.ts');
    const config = await awsConfig(options, env);
    const neptune = neptuneClient({ ...config, endpoint });
    const s3 = await s3Client(config, options, env);
    try {
      const report = await migrateNotebook({
        s3,
        neptune,
        to,
        out,
        confirm,
        encryption,
        expectedBucketOwner,
        signal,
      });
      terminal.print(output === 'json' ? JSON.stringify(report, null, 2) : reportText(report));
    } finally {
      neptune.destroy();
      s3.destroy();
    }
  },
} satisfies CommandSpec;

function reportText({ host, found, examples, removed, kept, audit }: MigrateReport): string {
  if (Object.values(found).every((count) => count === 0))
    return `The graph at ${host} holds nothing that the notebook loaded.`;
  const counts = Object.entries(found).map(([kind, count]) => `${kind} ${grouped(count)}`);
  return [
    `Found at ${host} of the notebook's: ${counts.join(', ')}`,
    ...examples.map(({ id, arn }) => `  ${id} stands for ${arn}`),
    removed === null
      ? `Nothing was removed; to remove them: --confirm ${host}`
      : `Removed ${grouped(removed.vertices)} vertices and ${grouped(removed.edges)} edges; the audit log is at ${audit}`,
    ...kept.map((id) => `Kept ${id}: others have edges at it`),
  ].join('\n');
}
