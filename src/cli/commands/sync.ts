import { type Command, Option } from 'commander';
import { LineageError } from '../../errors.ts';
import { scopeName } from '../../graph/scope.ts';
import type { Parallelism } from '../../neptune/start-load.ts';
import { type TableColumn, textTable } from '../../render/text-table.ts';
import type { SyncOptions as RunSyncOptions, SyncEvent } from '../../runs/sync-job.ts';
import type { SyncReport } from '../../runs/sync-report.ts';
import { awsConfig, s3Client } from '../aws.ts';
import { type BucketOptions, encryptionOf, withBucketOptions } from '../bucket-options.ts';
import type { CommandSpec } from '../command.ts';
import { type CrawlFlags, crawlOptionsOf, withCrawlOptions } from '../crawl-options.ts';
import { neptuneEndpointOption, requiredEndpoint } from '../neptune-endpoint.ts';
import { type AwsOptions, type CommonOptions, duration, withAwsOptions } from '../options.ts';
import { grouped, showExportProgress } from '../progress.ts';
import { type RemovalFlags, removalOptions, withRemovalOptions } from '../removal-options.ts';
import { exportSource, type ScopeOptions } from '../scopes.ts';
import { SYNC_IDLE } from '../sync-idle.ts';
import type { Terminal } from '../terminal.ts';

type SyncOptions = CommonOptions &
  AwsOptions &
  RemovalFlags &
  BucketOptions &
  CrawlFlags &
  ScopeOptions & {
    readonly to: string;
    readonly endpoint?: string;
    readonly role?: string;
    readonly out: string;
    readonly full: boolean;
    readonly dryRun: boolean;
    readonly plan?: string;
    readonly lease: number;
    readonly deadline?: number;
    readonly parallelism: Parallelism;
    readonly metrics?: 'emf';
  };

export const syncCommand = {
  name: 'sync',
  summary: 'make the graph equal to SageMaker: the nightly job',
  example:
    'smlineage sync --to s3://my-bucket/lineage --endpoint my-cluster.cluster-abc.us-east-1.neptune.amazonaws.com --role arn:aws:iam::123456789012:role/NeptuneLoadFromS3 --delete',
  configure(command) {
    return withCrawlOptions(withRemovalOptions(withPlaces(command)))
      .option('--full', 'compare every row with the graph itself, and mend what others changed', false)
      .option('--dry-run', 'say what would be done, and write nothing but the run', false)
      .option('--plan <file>', 'do what this plan.json says, or refuse where the graph has moved since')
      .option('--lease <duration>', 'how long a sync that died keeps others out', duration, duration('2m'))
      .option('--deadline <duration>', 'give up after so long', duration)
      .addOption(
        new Option('--parallelism <degree>', 'share of the cluster that the load may take')
          .choices(['LOW', 'MEDIUM', 'HIGH', 'OVERSUBSCRIBE'])
          .default('MEDIUM'),
      )
      .addOption(
        new Option(
          '--metrics <form>',
          'print metrics to stdout, for CloudWatch to read from the log',
        ).choices(['emf']),
      );
  },
  idle: SYNC_IDLE,
  async run({ env, terminal, signal }, _args: readonly [], options: SyncOptions) {
    const endpoint = requiredEndpoint(options.endpoint, env);
    const roleArn = requiredRole(options.role);
    const encryption = encryptionOf(options);
    const { neptuneClient, neptuneEndpoint } = await import('../../neptune/clients.ts');
    const { assertSynced, syncLineage } = await import('../../runs/sync.ts');
    const { emfLines } = await import('../../runs/sync-metrics.ts');
    const config = await awsConfig(options, env);
    const { source, destroy } = await exportSource(options, config);
    const neptune = neptuneClient({ ...config, endpoint });
    const s3 = await s3Client(config, options, env);
    const { deadline } = options;
    const onReport = (report: SyncReport) => {
      if (options.metrics !== 'emf') return;
      const lines = emfLines(report, { to: options.to, region: config.region });
      for (const line of lines) terminal.print(line);
    };
    try {
      const report = await syncLineage({
        ...('clients' in source ? { clients: source.clients } : { scopes: source }),
        ...{ s3, neptune, roleArn, graph: neptuneEndpoint(endpoint), region: config.region },
        ...runOptions(options),
        encryption,
        expectedBucketOwner: options.expectedBucketOwner,
        ...(options.plan === undefined ? {} : await planned(options.plan, options.out)),
        signal: deadline === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(deadline)]),
        onProgress: showProgress(terminal),
        crawl: { ...crawlOptionsOf(options), onProgress: showExportProgress(terminal) },
        onReport,
      });
      if (options.metrics === undefined) {
        terminal.print(
          options.output === 'json'
            ? JSON.stringify(report, null, 2)
            : reportText(report, options, terminal.width),
        );
      }
      if (!options.dryRun) assertSynced(report);
    } finally {
      destroy();
      neptune.destroy();
      s3.destroy();
    }
  },
} satisfies CommandSpec;

function withPlaces(command: Command): Command {
  return withBucketOptions(withAwsOptions(command, 'SageMaker and S3'))
    .requiredOption('--to <s3-uri>', 'bucket and prefix: the state, the lease, the runs are under it')
    .addOption(neptuneEndpointOption())
    .option('--role <arn>', 'IAM role of the cluster that may read the bucket (required)')
    .option('--out <dir>', 'directory that holds the runs', 'lineage-export');
}

function requiredRole(role: string | undefined): string {
  if (role !== undefined) return role;
  throw new LineageError('usage', 'No load role is given.', {
    hint: 'Pass --role with the ARN of a role that is attached to the cluster and may read the bucket.',
  });
}

function runOptions(
  options: SyncOptions,
): Pick<
  RunSyncOptions,
  | 'to'
  | 'out'
  | 'removal'
  | 'force'
  | 'maxDelete'
  | 'allowEmpty'
  | 'allowFewerColumns'
  | 'full'
  | 'dryRun'
  | 'leaseMs'
  | 'parallelism'
> {
  const { to, out, full, dryRun, parallelism, lease: leaseMs } = options;
  const { delete: isRemoving, tombstone, ...limits } = removalOptions(options);
  const removal = tombstone === true ? 'tombstone' : isRemoving === true ? 'delete' : 'keep';
  return { to, out, removal, ...limits, full, dryRun, leaseMs, parallelism };
}

/** The plan, and the run that it is for, which must be on this machine. */
async function planned(file: string, out: string): Promise<Pick<RunSyncOptions, 'planned' | 'directory'>> {
  const { join } = await import('node:path');
  const { readPlanned } = await import('../../runs/planned.ts');
  const plan = await readPlanned(file);
  return { planned: plan, directory: join(out, plan.plan.after.run) };
}

const STEPS: Readonly<Record<string, string>> = {
  check: 'Checking the files',
  diff: 'Comparing with the last verified run',
  compare: 'Comparing with the graph',
  upload: 'Sending what changed',
  load: 'Loading',
  verify: 'Comparing what was loaded with the graph',
  remove: 'Looking for what is gone',
};

function showProgress(terminal: Terminal): (event: SyncEvent) => void {
  return (event) => {
    if (event.step === 'loading') terminal.progress(`${event.status}, ${grouped(event.records)} records`);
    else if (STEPS[event.step] !== undefined) terminal.progress(STEPS[event.step] ?? '');
  };
}

const COLUMNS: readonly TableColumn[] = [
  { title: 'kind' },
  { title: 'before', align: 'right' },
  { title: 'now', align: 'right' },
  { title: 'added', align: 'right' },
  { title: 'updated', align: 'right' },
  { title: 'gone', align: 'right' },
];

/** One screen: what changed, what was done, what was not and why. */
function reportText(report: SyncReport, options: SyncOptions, width?: number): string {
  const { outcome, run, changes, loaded, verified, residue, replaced, corrected, refusals, kept, audit } =
    report;
  const rows = Object.entries(changes ?? {})
    .filter(([, { before, after }]) => before + after > 0)
    .map(([kind, counts]) => [
      kind,
      ...[counts.before, counts.after, counts.added, counts.updated, counts.removed].map(grouped),
    ]);
  const total = (counts: Readonly<Record<string, number | undefined>>) =>
    Object.values(counts).reduce<number>((sum, count = 0) => sum + count, 0);
  const removed = total(report.removed);
  const tombstoned = total(report.tombstoned);
  const isPlan = outcome === 'planned';
  const isRemoving = options.delete || options.tombstone;
  const lines = [
    ...(rows.length === 0 ? [] : [textTable(COLUMNS, rows, width)]),
    ...(outcome === 'unchanged' ? ['Nothing changed: no load job was started'] : []),
    ...(loaded === null
      ? []
      : [
          `Loaded ${grouped(total(loaded.rows))} rows in ${grouped(loaded.bytes)} bytes (load ${loaded.loadIds.join(', ')})`,
        ]),
    ...(replaced + corrected === 0
      ? []
      : [`Made anew: ${grouped(replaced)}; corrected: ${grouped(corrected)}`]),
    ...(removed === 0
      ? []
      : [
          `Removed ${grouped(removed)}; to put them back: smlineage restore --audit ${audit} --to ${options.to} --endpoint …`,
        ]),
    ...(isPlan ? planLines(report, options) : []),
    ...(tombstoned === 0 ? [] : [`Marked as deleted: ${grouped(tombstoned)}`]),
    ...kept.map(({ id, edges }) => `Kept ${id}: ${edges} edges at it are not of this deployment`),
    ...refusals.map(({ message }) => `Nothing ${isPlan ? 'would be' : 'was'} removed: ${message}`),
    ...report.scopes
      .filter(({ verdict = 'complete' }) => verdict !== 'complete')
      .map(
        (scope) =>
          `Not loaded, and nothing of it removed: ${scopeName(scope)}, ${scope.verdict}: ${scope.reason}`,
      ),
    ...(report.lost === 0
      ? []
      : [`Of those, the graph no longer has ${grouped(report.lost)} elements that it had`]),
    ...(residue === 0
      ? []
      : [
          `In the graph and gone from SageMaker: ${grouped(residue)}${isRemoving ? '' : ' (--delete removes them)'}`,
        ]),
    ...(verified === null
      ? []
      : [`Verified ${grouped(verified.rows)} rows whole, ${grouped(verified.ids)} by their ids`]),
    `${run ?? 'no run'} ${outcome}`,
  ];
  return lines.join('\n');
}

/** What a sync would do that is no dry run. */
function planLines(
  { changes, refusals }: SyncReport,
  { delete: isRemoving, tombstone }: SyncOptions,
): readonly string[] {
  const sum = (of: 'added' | 'updated' | 'removed') =>
    Object.values(changes ?? {}).reduce((total, counts) => total + counts[of], 0);
  const [added, updated, gone] = [sum('added'), sum('updated'), sum('removed')];
  if (added + updated + gone === 0) return ['Nothing changed: nothing would be done'];
  const what = `${grouped(gone)} that SageMaker no longer has`;
  return [
    added + updated === 0
      ? 'Nothing would be loaded'
      : `Would load ${grouped(added)} that are new and ${grouped(updated)} that changed, unless the graph holds them so already`,
    ...(gone === 0 || refusals.length > 0
      ? []
      : [
          tombstone
            ? `Would mark ${what} as deleted`
            : isRemoving
              ? `Would remove ${what}`
              : `Would keep ${what} (--delete removes them)`,
        ]),
  ];
}
