import { type TableColumn, textTable } from '../../render/text-table.ts';
import type { UploadPlan, UploadResult } from '../../runs/upload.ts';
import { awsConfig, s3Client } from '../aws.ts';
import { type BucketOptions, encryptionOf, withBucketOptions } from '../bucket-options.ts';
import type { CommandSpec } from '../command.ts';
import { type AwsOptions, type CommonOptions, wholeNumber, withAwsOptions } from '../options.ts';
import { grouped } from '../progress.ts';
import type { Terminal } from '../terminal.ts';

type UploadOptions = CommonOptions &
  AwsOptions &
  BucketOptions & {
    readonly to: string;
    readonly concurrency: number;
    readonly gzip: boolean;
    readonly dryRun: boolean;
  };

export const uploadCommand = {
  name: 'upload',
  summary: 'send a run directory to S3, its manifest last',
  example: 'smlineage upload lineage-export/20261121T041500.123Z --to s3://my-bucket/lineage',
  configure(command) {
    return withBucketOptions(withAwsOptions(command, 'S3'))
      .argument('<directory>', 'run directory, as `export` printed it')
      .requiredOption('--to <s3-uri>', 'bucket and prefix; the run goes to <prefix>/runs/<run>/')
      .option('--concurrency <n>', 'files sent at the same time', wholeNumber(1, 100), 2)
      .option('--gzip', 'compress the CSV files of the graph on the way', false)
      .option('--dry-run', 'say what would be sent, skipped and refused, and write nothing', false);
  },
  async run({ env, terminal, signal }, [directory]: readonly [string], options: UploadOptions) {
    const encryption = encryptionOf(options);
    const { planUpload, uploadRun } = await import('../../runs/upload.ts');
    const s3 = await s3Client(await awsConfig(options, env), options, env);
    const { to, concurrency, gzip, expectedBucketOwner, output } = options;
    const upload = { s3, directory, to, concurrency, gzip, encryption, expectedBucketOwner, signal };
    try {
      if (options.dryRun) {
        showPlan(terminal, await planUpload(upload), output);
        return;
      }
      const result = await uploadRun({
        ...upload,
        onProgress: ({ sentBytes, totalBytes }) =>
          terminal.progress(`${grouped(sentBytes)} of ${grouped(totalBytes)} bytes sent`),
      });
      terminal.log('upload.finished', summary(result), { ...result });
      if (result.abortedUploads === null) warnOfLeftovers(terminal, result.uri);
      terminal.print(output === 'json' ? JSON.stringify(result, null, 2) : result.uri);
    } finally {
      s3.destroy();
    }
  },
} satisfies CommandSpec;

function summary({ alreadyThere, files, bytes, ...result }: UploadResult): string {
  const all = `${grouped(files)} files, ${grouped(bytes)} bytes`;
  if (alreadyThere) return `Nothing to send: all ${all} are there`;
  const sent = `${grouped(result.sentFiles)} files, ${grouped(result.sentBytes)} bytes`;
  return result.sentFiles === files ? `Sent ${sent}` : `Sent ${sent}; the rest of ${all} was there`;
}

function warnOfLeftovers(terminal: Terminal, uri: string): void {
  const text =
    'Whether an upload that was cut short left parts behind is not known: allow s3:ListBucketMultipartUploads on the bucket.';
  terminal.warn('upload.leftovers-unknown', text, { uri });
}

const PLAN_COLUMNS: readonly TableColumn[] = [
  { title: 'action' },
  { title: 'bytes', align: 'right' },
  { title: 'object', cut: 'start' },
  { title: 'reason' },
];

/** Prints the plan, then fails as the upload would. */
function showPlan(terminal: Terminal, plan: UploadPlan, output: CommonOptions['output']): void {
  const { refusals, files, foreign, unfinished } = plan;
  const rows = [
    ...files.map(({ action, path, bytes, reason = '' }) => [action, grouped(bytes), path, reason]),
    ...foreign.map((key) => ['foreign', '', key, 'not of this run']),
    ...(unfinished ?? []).map((key) => ['abort', '', key, 'parts that an upload left which was cut short']),
  ];
  const table = () => textTable(PLAN_COLUMNS, rows, terminal.width);
  const json = () => JSON.stringify({ ...plan, refusals: refusals.map(({ message }) => message) }, null, 2);
  terminal.print(output === 'json' ? json() : table());
  if (unfinished === null) warnOfLeftovers(terminal, plan.uri);
  const [refusal] = refusals;
  if (refusal !== undefined) throw refusal;
}
