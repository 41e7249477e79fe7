import { countsTable } from '../../render/run-changes.ts';
import type { WrittenPlan } from '../../runs/plan-directory.ts';
import type { CommandSpec } from '../command.ts';
import { type AwsOptions, type CommonOptions, withAwsOptions } from '../options.ts';
import { grouped } from '../progress.ts';
import { REMOVAL_IDLE, type RemovalFlags, removalOptions, withRemovalOptions } from '../removal-options.ts';
import { s3For } from '../run-source.ts';

type PlanOptions = CommonOptions &
  AwsOptions &
  RemovalFlags & { readonly since?: string; readonly out?: string };

export const planCommand = {
  name: 'plan',
  summary: 'say what a sync to a run would load, correct, remove and refuse, and write it to plan.json',
  example:
    'smlineage plan lineage-export/20261122T041500.456Z --since s3://my-bucket/lineage/state.json --delete',
  configure(command) {
    return withRemovalOptions(withAwsOptions(command, 'S3'))
      .argument('<run>', 'the run that the graph is to be brought to: its directory, or its s3:// URI')
      .option(
        '--since <run-or-state>',
        'what the graph holds: a run, or s3://…/state.json (default: nothing)',
      )
      .option('--out <directory>', 'where the plan is written (default: <run>.plan)');
  },
  idle: [
    {
      flags: ['delete', 'tombstone'],
      where: 'of a graph that holds nothing',
      instead: 'Say with --since what it holds',
      isIdle: ({ since }) => since === undefined,
    },
    ...REMOVAL_IDLE,
  ],
  async run({ env, terminal, signal }, [run]: readonly [string], options: PlanOptions) {
    const { assertNothingRefused } = await import('../../snapshot/plan.ts');
    const { planRun } = await import('../../runs/plan.ts');
    const s3 = await s3For([run, options.since], options, env);
    const { since, out } = options;
    try {
      const written = await planRun({ run, since, out, s3, signal, ...removalOptions(options) });
      terminal.print(
        options.output === 'json'
          ? JSON.stringify({ path: written.path, ...written.plan }, null, 2)
          : planText(written, terminal.width),
      );
      assertNothingRefused(written.plan);
    } finally {
      s3?.destroy();
    }
  },
} satisfies CommandSpec;

/** One screen: what changes by kind, what is done about it, what is refused. */
function planText({ plan, path }: WrittenPlan, width?: number): string {
  const { before, after, counts, load, removal, corrections, refusals, notes, files } = plan;
  const rows = (prefix: string) =>
    files.filter((file) => file.path.startsWith(prefix)).reduce((sum, file) => sum + file.rows, 0);
  const bytes = files
    .filter((file) => file.path.startsWith('load/'))
    .reduce((sum, file) => sum + file.bytes, 0);
  const gone = Object.values(counts).reduce((sum, { removed }) => sum + removed, 0);
  const corrected = corrections.blank + corrections.relabel + corrections.ends;
  return [
    `${after.run} since ${before?.run ?? 'nothing'}`,
    countsTable(counts, width),
    '',
    load === 'delta'
      ? `load:    ${grouped(rows('load/'))} rows, ${grouped(bytes)} bytes`
      : `load:    ${load === 'all' ? 'the whole run' : 'nothing'}`,
    ...(corrected === 0
      ? []
      : [
          `correct: ${grouped(corrections.blank)} with properties that are gone, ${grouped(corrections.relabel)} with another label, ${grouped(corrections.ends)} with other ends`,
        ]),
    ...(gone === 0 ? [] : [`gone:    ${grouped(gone)}, ${GONE[removal]}`]),
    ...refusals.map(({ guard, message, hint }) => `refused: ${message} (${guard}). ${hint}`),
    ...notes.map((note) => `note:    ${note}`),
    path,
  ].join('\n');
}

const GONE = {
  keep: 'kept in the graph',
  remove: 'to be removed',
  tombstone: 'to be marked as deleted',
} as const;
