import type { GraphCounts } from '../../neptune/counts.ts';
import type { ClusterSurvey, ResetProgress, ResetReport } from '../../runs/reset.ts';
import { awsConfig } from '../aws.ts';
import type { CommandSpec } from '../command.ts';
import { countsTable, elementsText, total } from '../counts-text.ts';
import { neptuneEndpointOption, requiredEndpoint } from '../neptune-endpoint.ts';
import { type AwsOptions, type CommonOptions, duration } from '../options.ts';
import type { Terminal } from '../terminal.ts';

type ResetOptions = CommonOptions &
  Omit<AwsOptions, 'endpointUrl'> & {
    readonly endpoint?: string;
    readonly confirm?: string;
    readonly dryRun: boolean;
    readonly cancelLoads: boolean;
    readonly deadline: number;
  };

const HOST = 'my-cluster.cluster-abc.us-east-1.neptune.amazonaws.com';

export const resetCommand = {
  name: 'reset',
  summary: 'delete everything in the cluster, of every application that shares it (fast reset)',
  example: `smlineage reset --endpoint ${HOST} --confirm ${HOST}`,
  configure(command) {
    return command
      .addOption(neptuneEndpointOption())
      .option('--confirm <host>', 'the host of the cluster, to say that it is this one')
      .option('--dry-run', 'say what would be lost, and delete nothing', false)
      .option('--cancel-loads', 'cancel load jobs that are under way or queued', false)
      .option(
        '--deadline <duration>',
        'give up waiting for the cluster after this long',
        duration,
        duration('15m'),
      )
      .option('--region <region>', 'AWS Region (default: AWS_REGION, AWS_DEFAULT_REGION, the profile)')
      .option('--profile <name>', 'profile of the shared AWS configuration');
  },
  async run({ env, terminal, signal }, _args: readonly [], options: ResetOptions) {
    const endpoint = requiredEndpoint(options.endpoint, env);
    const { neptuneClient } = await import('../../neptune/clients.ts');
    const { resetGraph, surveyCluster } = await import('../../runs/reset.ts');
    const neptune = neptuneClient({ ...(await awsConfig(options, env)), endpoint });
    const { confirm, dryRun, cancelLoads, deadline: deadlineMs, output } = options;
    try {
      if (dryRun) {
        const survey = await surveyCluster({ neptune, signal });
        terminal.print(
          output === 'json' ? JSON.stringify(survey, null, 2) : surveyText(survey, terminal.width),
        );
        return;
      }
      const onProgress = showProgress(terminal);
      const report = await resetGraph({ neptune, confirm, cancelLoads, deadlineMs, signal, onProgress });
      for (const note of report.notes) terminal.warn('reset.note', note, { host: report.host });
      terminal.print(output === 'json' ? JSON.stringify(report, null, 2) : reportText(report));
    } finally {
      neptune.destroy();
    }
  },
} satisfies CommandSpec;

function showProgress(terminal: Terminal): (progress: ResetProgress) => void {
  return (progress) => {
    switch (progress.step) {
      case 'surveyed': {
        const { host, counts } = progress.survey;
        terminal.warn('reset.losing', `Deleting ${countsText(counts)} at ${host}`, { host, counts });
        break;
      }
      case 'cancelled':
        terminal.log('reset.cancelled', `Load ${progress.loadId} cancelled`, { loadId: progress.loadId });
        break;
      case 'waiting':
        terminal.progress(`Waiting for the cluster: ${progress.reason}`);
    }
  };
}

function surveyText({ host, engine, counts, loads }: ClusterSurvey, width: number | undefined): string {
  const isEmpty = counts === null || total(counts.vertices) === 0;
  const running = loads?.length ?? 0;
  return [
    ...(isEmpty ? [] : [countsTable(counts, width), '']),
    `A reset would delete ${countsText(counts)} at ${host} (engine ${engine.version}), and its streams and statistics.`,
    ...(running === 0 ? [] : [`Loads under way or queued: ${running}; --cancel-loads cancels them.`]),
    `To go on, run it without --dry-run, and with --confirm ${host}`,
  ].join('\n');
}

function countsText(counts: GraphCounts | null): string {
  if (counts === null) return 'more than can be counted in the time that the cluster allows a query';
  return elementsText(total(counts.vertices), total(counts.edges));
}

function reportText({ host, lost, seconds }: ResetReport): string {
  return `${host} reset in ${seconds} s: ${countsText(lost)} deleted`;
}
