import type { Command } from 'commander';
import type { LoadErrorRow, LoadJob } from '../../neptune/load-report.ts';
import { awsConfig, s3Client } from '../aws.ts';
import type { CommandSpec } from '../command.ts';
import { neptuneEndpointOption, requiredEndpoint } from '../neptune-endpoint.ts';
import { type AwsOptions, type CommonOptions, wholeNumber, withAwsOptions } from '../options.ts';
import { grouped } from '../progress.ts';
import type { Terminal } from '../terminal.ts';

/* `load status`, `load cancel`, `load list`: a load job apart from the command that started it. */

type JobOptions = CommonOptions & AwsOptions & { readonly endpoint?: string };

const LOAD_ID = 'b01a2f1b-68ef-4b64-9a0e-1f1b0f1d7f1e';

const ENDPOINT = 'my-cluster.cluster-abc.us-east-1.neptune.amazonaws.com';

export const loadStatusCommand = {
  name: 'status',
  summary: 'say how a load job goes; exit code 5 if it has failed',
  example: `smlineage load status ${LOAD_ID} --endpoint ${ENDPOINT}`,
  configure: (command) => withJobOptions(command).argument('<load-id>', 'as `load --no-wait` printed it'),
  async run({ env, terminal, signal }, [loadId]: readonly [string], options: JobOptions) {
    const { diagnoseLoad, isLoaded, loadError } = await import('../../runs/diagnose-load.ts');
    const { verdict } = await import('../../neptune/verdict.ts');
    const neptune = await clientOf(options, env);
    const s3 = await s3Client(await awsConfig(options, env), options, env);
    try {
      const { job, rows, errors } = await diagnoseLoad({ neptune, s3, signal }, loadId);
      const judged = verdict(job.status).state;
      const state = judged === 'loaded' && !isLoaded(job) ? 'failed' : judged;
      const { errorRows, ...told } = job;
      terminal.print(
        options.output === 'json' ? JSON.stringify({ ...told, state, errors }, null, 2) : jobLine(job),
      );
      warnOfErrors(rows, loadId, terminal);
      if (state === 'failed') throw loadError({ job, errors });
    } finally {
      neptune.destroy();
      s3.destroy();
    }
  },
} satisfies CommandSpec;

export const cancelLoadCommand = {
  name: 'cancel',
  summary: 'cancel a load job that waits or is under way; what it has loaded stays in the graph',
  example: `smlineage load cancel ${LOAD_ID} --endpoint ${ENDPOINT}`,
  configure: (command) => withJobOptions(command).argument('<load-id>', 'as `load list` shows it'),
  async run({ env, terminal, signal }, [loadId]: readonly [string], options: JobOptions) {
    const { cancelLoad } = await import('../../neptune/load-job.ts');
    const neptune = await clientOf(options, env);
    try {
      await cancelLoad(neptune, loadId, signal);
      terminal.print(
        options.output === 'json' ? JSON.stringify({ loadId, cancelled: true }) : `${loadId} cancelled`,
      );
    } finally {
      neptune.destroy();
    }
  },
} satisfies CommandSpec;

export const listLoadsCommand = {
  name: 'list',
  summary: 'list the load jobs of a cluster, the queued ones first, then the latest',
  example: `smlineage load list --endpoint ${ENDPOINT}`,
  configure: (command) =>
    withJobOptions(command).option('--limit <n>', 'so many jobs', wholeNumber(1, 100), 20),
  async run({ env, terminal, signal }, _args: readonly [], options: JobOptions & { readonly limit: number }) {
    const { listLoads } = await import('../../neptune/load-job.ts');
    const neptune = await clientOf(options, env);
    try {
      const jobs = await listLoads(neptune, { limit: options.limit, signal });
      const told = jobs.map(({ errorRows, failedFiles, ...job }) => job);
      if (options.output === 'json') terminal.print(JSON.stringify(told, null, 2));
      else for (const job of jobs) terminal.print(jobLine(job));
    } finally {
      neptune.destroy();
    }
  },
} satisfies CommandSpec;

function withJobOptions(command: Command): Command {
  return withAwsOptions(command, 'S3').addOption(neptuneEndpointOption());
}

async function clientOf(options: JobOptions, env: Readonly<NodeJS.ProcessEnv>) {
  const endpoint = requiredEndpoint(options.endpoint, env);
  const { neptuneClient } = await import('../../neptune/clients.ts');
  return neptuneClient({ ...(await awsConfig(options, env)), endpoint });
}

function jobLine({
  loadId,
  status = 'no status',
  uri = 'unknown source',
  records,
  seconds,
}: LoadJob): string {
  return `${loadId} ${status}: ${grouped(records)} records in ${seconds} s, ${uri}`;
}

const SHOWN_ERRORS = 5;

/** Says where the first errors are: file, line, and the ids that stand there. */
export function warnOfErrors(rows: readonly LoadErrorRow[], loadId: string, terminal: Terminal): void {
  for (const row of rows.slice(0, SHOWN_ERRORS)) {
    const { code, message, file = 'no file', line, record, ids = [] } = row;
    const place = line !== undefined ? `:${line}` : record === undefined ? '' : `, record ${record}`;
    const what = ids.length === 0 ? '' : ` (${ids.join(' -> ')})`;
    terminal.warn('load.error', `${code} ${file}${place}${what}: ${message}`, { loadId, ...row });
  }
  const more = rows.length - SHOWN_ERRORS;
  if (more > 0) terminal.warn('load.errors', `… and ${grouped(more)} more errors`, { loadId, more });
}
