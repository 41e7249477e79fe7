import type { Difference } from '../../graph/stored.ts';
import { type TableColumn, textTable } from '../../render/text-table.ts';
import type { SampleSize } from '../../runs/compare-graph.ts';
import type { VerifyReport } from '../../runs/verify.ts';
import { awsConfig, s3Client } from '../aws.ts';
import { expectedBucketOwnerOption } from '../bucket-options.ts';
import type { CommandSpec } from '../command.ts';
import { neptuneEndpointOption, requiredEndpoint } from '../neptune-endpoint.ts';
import { type AwsOptions, type CommonOptions, wholeNumber, withAwsOptions } from '../options.ts';
import { grouped } from '../progress.ts';
import { comparedText, SAMPLE_IDLE, verifySampleOption, verifySeedOption } from '../verify-sample.ts';

type VerifyOptions = CommonOptions &
  AwsOptions & {
    readonly endpoint?: string;
    readonly verifySample: SampleSize;
    readonly verifySeed?: number;
    readonly allowMore: boolean;
    readonly expectedBucketOwner?: string;
    readonly maxDifferences: number;
  };

export const verifyCommand = {
  name: 'verify',
  summary: 'compare the graph in Neptune with a run: counts by label, and rows property by property',
  example:
    'smlineage verify lineage-export/20261121T041500.123Z --endpoint my-cluster.cluster-abc.us-east-1.neptune.amazonaws.com --verify-sample all',
  configure(command) {
    return withAwsOptions(command, 'S3')
      .argument('<run>', 'the directory of a run, or its s3:// URI as `upload` printed it')
      .addOption(neptuneEndpointOption())
      .addOption(expectedBucketOwnerOption())
      .addOption(verifySampleOption())
      .addOption(verifySeedOption())
      .option('--allow-more', 'bear what the graph holds beyond the run: others share it', false)
      .option('--max-differences <n>', 'differences to tell; all are counted', wholeNumber(0), 100);
  },
  idle: SAMPLE_IDLE,
  async run({ env, terminal, signal }, [source]: readonly [string], options: VerifyOptions) {
    const endpoint = requiredEndpoint(options.endpoint, env);
    const { neptuneClient } = await import('../../neptune/clients.ts');
    const { assertVerified, verifyRun } = await import('../../runs/verify.ts');
    const config = await awsConfig(options, env);
    const neptune = neptuneClient({ ...config, endpoint });
    const s3 = source.startsWith('s3://') ? await s3Client(config, options, env) : undefined;
    const { verifySample: sample, verifySeed: seed, allowMore, maxDifferences } = options;
    try {
      const report = await verifyRun({
        ...{ neptune, s3, source, sample, seed, allowMore, maxDifferences, signal },
        onProgress: (progress) =>
          terminal.progress(
            progress.step === 'reading'
              ? `Reading: ${grouped(progress.readBytes)} of ${grouped(progress.totalBytes)} bytes`
              : 'Comparing the graph with the run',
          ),
      });
      terminal.print(
        options.output === 'json' ? JSON.stringify(report, null, 2) : reportText(report, terminal.width),
      );
      assertVerified(report);
      for (const note of report.notes) terminal.warn('verify.note', note, { run: report.run });
    } finally {
      neptune.destroy();
      s3?.destroy();
    }
  },
} satisfies CommandSpec;

const COLUMNS: readonly TableColumn[] = [
  { title: 'element' },
  { title: 'id', cut: 'start' },
  { title: 'property' },
  { title: 'expected' },
  { title: 'found' },
  { title: 'place', cut: 'start' },
];

function reportText({ run, verified, byLabel, sample }: VerifyReport, width?: number): string {
  const counts = [...Object.values(byLabel.vertices), ...Object.values(byLabel.edges)];
  const expected = counts.reduce((total, { manifest }) => total + manifest, 0);
  const judgement = verified ? 'verified' : 'different';
  const summary = `${run} ${judgement}: ${grouped(expected)} vertices and edges counted by label, ${comparedText(sample)}`;
  const { differences } = sample;
  return differences.length === 0
    ? summary
    : `${textTable(COLUMNS, differences.map(tableRow), width)}\n${summary}`;
}

function tableRow({ element, id, property, expected, found, file, line }: Difference): readonly string[] {
  return [element, id, property, shown(expected), shown(found), `${file}:${line}`];
}

function shown(values: readonly string[]): string {
  return values.length === 0 ? '(nothing)' : values.join(', ');
}
