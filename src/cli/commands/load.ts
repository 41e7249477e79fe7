import { Option } from 'commander';
import type { Parallelism } from '../../neptune/load-job.ts';
import type { LoadReport } from '../../runs/load.ts';
import { awsConfig, s3Client } from '../aws.ts';
import type { CommandSpec } from '../command.ts';
import { neptuneEndpointOption, requiredEndpoint } from '../neptune-endpoint.ts';
import { type AwsOptions, type CommonOptions, duration, withAwsOptions } from '../options.ts';
import { grouped } from '../progress.ts';
import type { Terminal } from '../terminal.ts';

type LoadOptions = CommonOptions &
  AwsOptions & {
    readonly endpoint?: string;
    readonly role: string;
    readonly deadline: number;
    readonly parallelism: Parallelism;
    readonly verify: boolean;
  };

export const loadCommand = {
  name: 'load',
  summary: 'load an uploaded run into Neptune, and compare the graph with its manifest',
  example:
    'smlineage load s3://my-bucket/lineage/runs/20261121T041500.123Z/ --endpoint my-cluster.cluster-abc.us-east-1.neptune.amazonaws.com --role arn:aws:iam::123456789012:role/NeptuneLoadFromS3',
  configure(command) {
    return withAwsOptions(command, 'S3')
      .argument('<s3-uri>', 'a run as `upload` printed it, or any prefix of Neptune CSV files')
      .addOption(neptuneEndpointOption())
      .requiredOption('--role <arn>', 'IAM role of the cluster that may read the bucket')
      .option('--deadline <duration>', 'give up watching after this long', duration, duration('12h'))
      .addOption(
        new Option('--parallelism <degree>', 'share of the cluster that the load may take')
          .choices(['LOW', 'MEDIUM', 'HIGH', 'OVERSUBSCRIBE'])
          .default('MEDIUM'),
      )
      .option('--no-verify', 'do not compare the graph with the manifest');
  },
  async run({ env, terminal, signal }, [source]: readonly [string], options: LoadOptions) {
    const endpoint = requiredEndpoint(options.endpoint, env);
    const { neptuneClient } = await import('../../neptune/clients.ts');
    const { loadRun } = await import('../../runs/load.ts');
    const config = await awsConfig(options, env);
    const neptune = neptuneClient({ ...config, endpoint });
    const s3 = await s3Client(config, options, env);
    try {
      const report = await loadRun({
        neptune,
        s3,
        source,
        roleArn: options.role,
        region: config.region,
        deadlineMs: options.deadline,
        parallelism: options.parallelism,
        verify: options.verify,
        signal,
        onProgress(progress) {
          if (progress.step === 'started') {
            const { loadId, source } = progress;
            terminal.log('load.started', `Load ${loadId} of ${source}`, { loadId, source });
          } else if (progress.step === 'watched') {
            terminal.progress(`${progress.status}, ${grouped(progress.records)} records`);
          } else {
            terminal.progress('Comparing the graph with the manifest');
          }
        },
      });
      terminal.print(
        options.output === 'json' ? JSON.stringify(report, null, 2) : loadText(report, terminal),
      );
    } finally {
      neptune.destroy();
      s3.destroy();
    }
  },
} satisfies CommandSpec;

function loadText(report: LoadReport, terminal: Terminal): string {
  const { loadId, status, records, durations, verified, byLabel, notes } = report;
  for (const note of notes) terminal.warn('load.note', note, { loadId });
  const counts = [...Object.values(byLabel.vertices), ...Object.values(byLabel.edges)];
  const inGraph = counts.reduce((total, { graph }) => total + graph, 0);
  const proof = verified
    ? `verified: ${grouped(inGraph)} vertices and edges, label by label`
    : 'not verified';
  return `${loadId} ${status}: ${grouped(records)} records in ${durations.load} s; ${proof}`;
}
