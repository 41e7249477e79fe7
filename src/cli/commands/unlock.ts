import { awsConfig, s3Client } from '../aws.ts';
import { expectedBucketOwnerOption } from '../bucket-options.ts';
import type { CommandSpec } from '../command.ts';
import { type AwsOptions, type CommonOptions, withAwsOptions } from '../options.ts';

type UnlockOptions = CommonOptions &
  AwsOptions & { readonly expectedBucketOwner?: string; readonly to: string; readonly confirm?: string };

export const unlockCommand = {
  name: 'unlock',
  summary: 'take the lease away from a sync that is gone, or say who holds it',
  example: 'smlineage unlock --to s3://my-bucket/lineage --confirm 5e0f8c9a-7b1d-4c86-9d53-0a2b6e6f9c11',
  configure(command) {
    return withAwsOptions(command, 'S3')
      .requiredOption('--to <s3-uri>', 'bucket and prefix that the sync was given')
      .addOption(expectedBucketOwnerOption())
      .option('--confirm <holder>', 'id of the holder, as the refusal named it');
  },
  async run({ env, terminal, signal }, _args: readonly [], { to, confirm, output, ...aws }: UnlockOptions) {
    const { breakLease, readLease } = await import('../../runs/lease.ts');
    const { asFolder, parseS3Uri } = await import('../../neptune/s3-uri.ts');
    const folder = asFolder(parseS3Uri(to));
    const s3 = await s3Client(await awsConfig(aws, env), aws, env);
    try {
      const lease =
        confirm === undefined
          ? await readLease({ s3, folder, signal })
          : await breakLease({ s3, folder, signal }, confirm);
      const text =
        lease === undefined
          ? 'Nobody holds the lease.'
          : confirm === undefined
            ? `Held by ${lease.holder} (process ${lease.pid} on ${lease.host}) since ${lease.since} until ${lease.until}.\nIf that process is gone: smlineage unlock --to ${to} --confirm ${lease.holder}`
            : `Taken from ${lease.holder}.`;
      terminal.print(
        output === 'json'
          ? JSON.stringify(
              { lease: lease ?? null, taken: confirm !== undefined && lease !== undefined },
              null,
              2,
            )
          : text,
      );
    } finally {
      s3.destroy();
    }
  },
} satisfies CommandSpec;
