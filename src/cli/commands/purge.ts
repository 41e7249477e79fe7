import type { Subset } from '../../graph/subset.ts';
import { type TableColumn, textTable } from '../../render/text-table.ts';
import type { PurgePlan } from '../../runs/purge.ts';
import { awsConfig } from '../aws.ts';
import type { CommandSpec } from '../command.ts';
import { type AwsOptions, type CommonOptions, positiveNumber, withAwsOptions } from '../options.ts';
import { grouped } from '../progress.ts';
import { subsetOf, withSubset } from '../subset.ts';

type PurgeCommandOptions = CommonOptions &
  AwsOptions &
  Subset & {
    readonly confirm?: string;
    readonly dryRun: boolean;
    readonly maxRps?: number;
  };

export const purgeCommand = {
  name: 'purge',
  summary: 'delete the lineage of an account in SageMaker itself: associations, contexts, actions, artifacts',
  example: 'smlineage purge --created-before 2026-01-01 --dry-run',
  configure(command) {
    return withSubset(withAwsOptions(command, 'SageMaker'))
      .option('--confirm <account>', 'the id of the account, to say that it is this one')
      .option('--dry-run', 'say what would be deleted, and delete nothing', false)
      .option('--max-rps <n>', 'requests a second that delete, at most (default: 3)', positiveNumber);
  },
  async run({ env, terminal, signal }, _args: readonly [], options: PurgeCommandOptions) {
    const subset = subsetOf(options);
    const { crawlClients } = await import('../../crawl/clients.ts');
    const { writingClient } = await import('../../runs/delete-lineage.ts');
    const { planPurge, purge } = await import('../../runs/purge.ts');
    const { STSClient } = await import('@aws-sdk/client-sts');
    const config = await awsConfig(options, env);
    const endpoint = options.endpointUrl === undefined ? {} : { endpoint: options.endpointUrl };
    const clients = crawlClients({ ...config, ...endpoint });
    const writer = writingClient({ ...config, ...endpoint }, options.maxRps);
    const sts = new STSClient(config);
    const given = { clients, writer, sts, subset, signal };
    try {
      if (options.dryRun) {
        const plan = await planPurge(given);
        terminal.print(
          options.output === 'json' ? JSON.stringify(plan, null, 2) : planText(plan, terminal.width),
        );
        return;
      }
      const report = await purge({
        ...given,
        confirm: options.confirm,
        onProgress(progress) {
          if (progress.step === 'deleting') {
            terminal.progress(`Deleted ${grouped(progress.deleted)} of ${grouped(progress.of)}`);
            return;
          }
          const { account, notes } = progress.plan;
          for (const note of notes) terminal.warn('purge.quota', note, { account });
        },
      });
      const { context, action, artifact, association } = report.deleted;
      terminal.print(
        options.output === 'json'
          ? JSON.stringify(report, null, 2)
          : `Account ${report.account}: ${grouped(association ?? 0)} associations, ${grouped(context)} contexts, ${grouped(action)} actions and ${grouped(artifact)} artifacts deleted`,
      );
    } finally {
      clients.destroy();
      writer.destroy();
      sts.destroy();
    }
  },
} satisfies CommandSpec;

const COLUMNS: readonly TableColumn[] = [
  { title: 'kind' },
  { title: 'to delete', align: 'right' },
  { title: 'in the account', align: 'right' },
];

function planText({ account, counts, present, notes }: PurgePlan, width: number | undefined): string {
  const kinds = ['association', 'context', 'action', 'artifact'] as const;
  const number = (count: number | null) => (count === null ? 'unknown' : grouped(count));
  const rows = kinds.map((kind) => [kind, number(counts[kind]), number(present[kind])]);
  return [
    textTable(COLUMNS, rows, width),
    ...notes,
    'Experiments, trials and trial components are never deleted.',
    `To go on, run it without --dry-run, and with --confirm ${account}`,
  ].join('\n');
}
