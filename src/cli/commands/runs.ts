import type { Command } from 'commander';
import { type TableColumn, textTable } from '../../render/text-table.ts';
import type { PrunedRuns } from '../../runs/prune-runs.ts';
import type { ListedRun } from '../../runs/run-list.ts';
import type { CommandSpec } from '../command.ts';
import { type AwsOptions, type CommonOptions, wholeNumber, withAwsOptions } from '../options.ts';
import { grouped } from '../progress.ts';
import { s3For } from '../run-source.ts';

/* `runs`, `runs list`, `runs prune`: the runs of a directory or of a prefix in S3. */

type RunsOptions = CommonOptions & AwsOptions & { readonly out: string; readonly state?: string };

type PruneOptions = RunsOptions & { readonly keep: number; readonly dryRun: boolean };

function withPlace(command: Command): Command {
  return withAwsOptions(command, 'S3')
    .option(
      '--out <place>',
      'the directory of the runs, or s3://bucket/prefix as `upload --to` has it',
      'lineage-export',
    )
    .option(
      '--state <s3-uri>',
      'the state that names the run in the graph (default: of an S3 prefix, its own)',
    );
}

const listCommand = {
  name: 'list',
  summary: 'list runs, the oldest first: when, whether finished and whole, how large, whether needed',
  example: 'smlineage runs list --out s3://my-bucket/lineage',
  configure: withPlace,
  async run({ env, terminal, signal }, _args: readonly [], options: RunsOptions) {
    const { listRuns } = await import('../../runs/run-list.ts');
    const { out: at, state } = options;
    const s3 = await s3For([at, state], options, env);
    try {
      const runs = await listRuns({ at, state, s3, signal });
      terminal.print(
        options.output === 'json' ? JSON.stringify(runs, null, 2) : runsTable(runs, terminal.width),
      );
    } finally {
      s3?.destroy();
    }
  },
} satisfies CommandSpec;

const pruneCommand = {
  name: 'prune',
  summary: 'remove old runs, never one that the state names or that is being written',
  example: 'smlineage runs prune --keep 14 --out s3://my-bucket/lineage --dry-run',
  configure(command) {
    return withPlace(command)
      .requiredOption(
        '--keep <n>',
        'so many of the latest stay, of each account, Region and subset',
        wholeNumber(1),
      )
      .option('--dry-run', 'say what would be removed, and remove nothing', false);
  },
  async run({ env, terminal, signal }, _args: readonly [], options: PruneOptions) {
    const { pruneRuns } = await import('../../runs/prune-runs.ts');
    const { out: at, state, keep, dryRun } = options;
    const s3 = await s3For([at, state], options, env);
    try {
      const pruned = await pruneRuns({
        ...{ at, state, keep, dryRun, s3, signal },
        onRemoved: ({ run }) => terminal.progress(`Removed ${run}`),
      });
      terminal.print(
        options.output === 'json'
          ? JSON.stringify({ dryRun, ...pruned }, null, 2)
          : prunedText(pruned, dryRun),
      );
    } finally {
      s3?.destroy();
    }
  },
} satisfies CommandSpec;

export const runsCommand = {
  ...listCommand,
  name: 'runs',
  summary: 'list runs, on disk or in S3; `runs prune` removes old ones',
  example: 'smlineage runs --out lineage-export',
  subcommands: [listCommand, pruneCommand],
} satisfies CommandSpec;

const COLUMNS: readonly TableColumn[] = [
  { title: 'run' },
  { title: 'status' },
  { title: 'holds' },
  { title: 'vertices', align: 'right' },
  { title: 'edges', align: 'right' },
  { title: 'bytes', align: 'right' },
  { title: 'needed' },
];

const NEEDED = {
  state: 'the graph holds it',
  attempt: 'a sync of it did not end',
  lock: 'it is being written',
} as const;

function runsTable(runs: readonly ListedRun[], width?: number): string {
  return textTable(
    COLUMNS,
    runs.map(({ run, status, complete, subset, vertices, edges, bytes, needed }) => [
      run,
      status,
      status !== 'finished' ? '' : subset !== null ? 'a subset' : complete ? 'the account' : 'a part',
      ...[vertices, edges, bytes].map((number) => (status === 'finished' ? grouped(number) : '')),
      needed === null ? '' : NEEDED[needed],
    ]),
    width,
  );
}

function prunedText({ removed, kept }: PrunedRuns, dryRun: boolean): string {
  const bytes = removed.reduce((sum, run) => sum + run.bytes, 0);
  const verb = dryRun ? 'would be removed' : 'removed';
  const summary = `${grouped(removed.length)} ${removed.length === 1 ? 'run' : 'runs'} ${verb} (${grouped(bytes)} bytes), ${grouped(kept.length)} kept`;
  return [...removed.map(({ at }) => at), summary].join('\n');
}
