import { PERMISSION_COMMANDS } from '../../graph/permissions.ts';
import { type TableColumn, textTable } from '../../render/text-table.ts';
import type { DoctorOptions, DoctorReport } from '../../runs/doctor.ts';
import { awsConfig, s3Client } from '../aws.ts';
import { type BucketOptions, encryptionOf, withBucketOptions } from '../bucket-options.ts';
import type { CommandSpec } from '../command.ts';
import { givenEndpoint, neptuneEndpointOption } from '../neptune-endpoint.ts';
import { type AwsOptions, type CommonOptions, duration, listOf, withAwsOptions } from '../options.ts';

type DoctorCommandOptions = CommonOptions &
  AwsOptions &
  BucketOptions & {
    readonly to?: string;
    readonly endpoint?: string;
    readonly cluster?: string;
    readonly role?: string;
    readonly for?: readonly string[];
    readonly deep: boolean;
    readonly timeout: number;
    readonly deadline: number;
    readonly allowUnknown: boolean;
  };

export const doctorCommand = {
  name: 'doctor',
  summary: 'look at all that an export, an upload and a load need, and say how to mend what is wrong',
  example:
    'smlineage doctor --to s3://my-bucket/lineage --endpoint my-cluster.cluster-abc.us-east-1.neptune.amazonaws.com --role arn:aws:iam::123456789012:role/NeptuneLoadFromS3',
  configure(command) {
    return withBucketOptions(withAwsOptions(command, 'SageMaker, S3, STS and Neptune’s management'))
      .option('--to <s3-uri>', 'bucket and prefix that uploads go to')
      .addOption(neptuneEndpointOption())
      .option('--cluster <id>', 'identifier of the cluster (default: found by its endpoint)')
      .option('--role <arn>', 'IAM role of the cluster that loads')
      .option(
        '--for <commands>',
        'commands whose permissions are tried: sync, "export --tags", … (default: what takes a run into the graph)',
        listOf(PERMISSION_COMMANDS),
      )
      .option('--deep', 'also load one vertex from the bucket, and take it away again', false)
      .option('--timeout <duration>', 'how long each call may take', duration, duration('10s'))
      .option('--deadline <duration>', 'how long the load of --deep may take', duration, duration('10m'))
      .option('--allow-unknown', 'exit with 0 also where something could not be told', false);
  },
  idle: [
    {
      flags: ['deadline'],
      where: 'without --deep',
      instead: 'Add --deep',
      isIdle: ({ deep }) => deep !== true,
    },
    {
      flags: ['sse', 'sse-kms-key-id', 'expected-bucket-owner'],
      where: 'where no bucket is looked at',
      instead: 'Add --to',
      isIdle: ({ to }) => to === undefined,
    },
  ],
  async run({ env, terminal, signal }, _args: readonly [], options: DoctorCommandOptions) {
    const { assertWell, diagnose } = await import('../../runs/doctor.ts');
    const { clients, destroy } = await clientsOf(options, env);
    try {
      const report = await diagnose({
        ...clients,
        commands: options.for,
        deep: options.deep,
        timeoutMs: options.timeout,
        deadlineMs: options.deadline,
        signal,
      });
      terminal.print(
        options.output === 'json' ? JSON.stringify(report, null, 2) : reportText(report, terminal.width),
      );
      if (report.leftOut.length > 0) {
        const { leftOut } = report;
        terminal.log('doctor.left-out', `Not looked at: ${leftOut.join(', ')}.`, { leftOut });
      }
      assertWell(report, options);
    } finally {
      destroy();
    }
  },
} satisfies CommandSpec;

type Clients = Pick<DoctorOptions, 'region' | 'sts' | 'sagemaker' | 'bucket' | 'cluster'>;

async function clientsOf(
  options: DoctorCommandOptions,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<{ readonly clients: Clients; readonly destroy: () => void }> {
  const { endpointUrl, to, expectedBucketOwner, cluster: clusterId, role: roleArn } = options;
  const endpoint = givenEndpoint(options.endpoint, env);
  const encryption = encryptionOf(options);
  const { NeptuneClient } = await import('@aws-sdk/client-neptune');
  const { STSClient } = await import('@aws-sdk/client-sts');
  const { singleCallClient } = await import('../../crawl/harmless-calls.ts');
  const { neptuneClient } = await import('../../neptune/clients.ts');
  const config = await awsConfig(options, env);
  const own = { ...config, ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }), maxAttempts: 2 };
  const sts = new STSClient(own);
  // The first client's provider remembers what it resolved, so that all speak for the same session.
  const shared = { ...own, credentials: sts.config.credentials };
  const sagemaker = singleCallClient(shared);
  const management = new NeptuneClient(shared);
  // Without the owner: what becomes of requests that expect one is for the doctor to tell.
  const s3 = await s3Client(shared, { ...(endpointUrl === undefined ? {} : { endpointUrl }) }, env);
  const neptune = endpoint === undefined ? undefined : neptuneClient({ ...shared, endpoint });
  return {
    clients: {
      region: config.region,
      sts,
      sagemaker,
      bucket: to === undefined ? undefined : { s3, to, expectedBucketOwner, encryption },
      cluster:
        neptune === undefined || endpoint === undefined
          ? undefined
          : { neptune, management, endpoint, clusterId, roleArn },
    },
    destroy() {
      for (const client of [sts, sagemaker, management, s3, neptune]) client?.destroy();
    },
  };
}

const COLUMNS: readonly TableColumn[] = [{ title: 'verdict' }, { title: 'check' }, { title: 'found' }];

/** A table, with the remedy of each line that is not `ok` in full below it: a remedy is there to be read and pasted. */
function reportText({ lines }: DoctorReport, width?: number): string {
  const table = textTable(
    COLUMNS,
    lines.map(({ verdict, check, found }) => [verdict, check, found]),
    width,
  );
  const remedies = lines.flatMap(({ check, remedy }) =>
    remedy === undefined ? [] : [`${check}: ${remedy}`],
  );
  return remedies.length === 0 ? table : `${table}\n\n${remedies.join('\n')}`;
}
