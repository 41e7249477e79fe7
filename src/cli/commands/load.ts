import { Option } from 'commander';
import { LineageError } from '../../errors.ts';
import type { LoadErrorRow } from '../../neptune/load-report.ts';
import type { Parallelism } from '../../neptune/start-load.ts';
import type { SampleSize } from '../../runs/compare-graph.ts';
import type { LoadReport, LoadRunProgress } from '../../runs/load.ts';
import { awsConfig, s3Client } from '../aws.ts';
import { expectedBucketOwnerOption } from '../bucket-options.ts';
import type { CommandSpec } from '../command.ts';
import { neptuneEndpointOption, requiredEndpoint } from '../neptune-endpoint.ts';
import { type AwsOptions, type CommonOptions, duration, wholeNumber, withAwsOptions } from '../options.ts';
import { grouped } from '../progress.ts';
import type { Terminal } from '../terminal.ts';
import { comparedText, SAMPLE_IDLE, verifySampleOption, verifySeedOption } from '../verify-sample.ts';
import { cancelLoadCommand, listLoadsCommand, loadStatusCommand, warnOfErrors } from './load-jobs.ts';

type LoadOptions = CommonOptions &
  AwsOptions & {
    readonly endpoint?: string;
    readonly role?: string;
    readonly deadline: number;
    readonly parallelism: Parallelism;
    readonly maxErrors: number;
    readonly errors?: string;
    readonly check: boolean;
    readonly verify: boolean;
    readonly verifySample: SampleSize;
    readonly verifySeed?: number;
    readonly wait: boolean;
    readonly expectedBucketOwner?: string;
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
      .addOption(expectedBucketOwnerOption())
      .option('--role <arn>', 'IAM role of the cluster that may read the bucket (required)')
      .option('--deadline <duration>', 'give up watching after this long', duration, duration('12h'))
      .addOption(
        new Option('--parallelism <degree>', 'share of the cluster that the load may take')
          .choices(['LOW', 'MEDIUM', 'HIGH', 'OVERSUBSCRIBE'])
          .default('MEDIUM'),
      )
      .option(
        '--max-errors <n>',
        'bear so many records that the check or the loader refuses',
        wholeNumber(0),
        0,
      )
      .option('--errors <file>', 'write every row of the loader’s error log there, one JSON object a line')
      .option('--no-check', 'do not check the files against the rules of the loader first')
      .option('--no-verify', 'do not compare the graph with the manifest and the files')
      .addOption(verifySampleOption())
      .addOption(verifySeedOption())
      .option('--no-wait', 'print the id of the load job, and leave it to the cluster');
  },
  idle: [
    {
      flags: ['verify-sample', 'verify-seed', 'errors'],
      where: 'beside --no-wait, where nobody sees the load end',
      instead: 'Ask with `load status` and `verify`',
      isIdle: ({ wait }) => wait === false,
    },
    {
      flags: ['verify-sample', 'verify-seed'],
      where: 'beside --no-verify',
      isIdle: ({ verify }) => verify === false,
    },
    ...SAMPLE_IDLE,
  ],
  async run({ env, terminal, signal }, [source]: readonly [string], options: LoadOptions) {
    const endpoint = requiredEndpoint(options.endpoint, env);
    const roleArn = requiredRole(options.role);
    const { neptuneClient } = await import('../../neptune/clients.ts');
    const { loadRun, startRun } = await import('../../runs/load.ts');
    const config = await awsConfig(options, env);
    const neptune = neptuneClient({ ...config, endpoint });
    const s3 = await s3Client(config, options, env);
    const request = {
      ...{ neptune, s3, source, roleArn, signal },
      region: config.region,
      deadlineMs: options.deadline,
      parallelism: options.parallelism,
      check: options.check,
      maxErrors: options.maxErrors,
      onProgress: showLoadProgress(terminal),
    };
    try {
      if (!options.wait) {
        const started = await startRun(request);
        terminal.print(options.output === 'json' ? JSON.stringify(started, null, 2) : started.loadId);
        return;
      }
      const report = await loadRun({
        ...request,
        verify: options.verify,
        verifySample: options.verifySample,
        verifySeed: options.verifySeed,
        onErrorRows: async (rows, loadId) => {
          warnOfErrors(rows, loadId, terminal);
          if (options.errors !== undefined) await writeErrors(options.errors, rows);
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
  subcommands: [loadStatusCommand, cancelLoadCommand, listLoadsCommand],
} satisfies CommandSpec;

/** Not an option that commander requires: it would ask the subcommands for it, too. */
function requiredRole(role: string | undefined): string {
  if (role !== undefined) return role;
  throw new LineageError('usage', 'No load role is given.', {
    hint: 'Pass --role, or keep in the configuration file, the ARN of a role that is attached to the cluster and may read the bucket.',
  });
}

function showLoadProgress(terminal: Terminal): (progress: LoadRunProgress) => void {
  let waitingFor: string | undefined;
  return (progress) => {
    switch (progress.step) {
      case 'checking':
        terminal.progress(
          `Checking: ${grouped(progress.readBytes)} of ${grouped(progress.totalBytes)} bytes`,
        );
        break;
      case 'reading':
        terminal.progress(
          `Comparing with the manifest: ${grouped(progress.readBytes)} of ${grouped(progress.totalBytes)} bytes`,
        );
        break;
      case 'checked': {
        const { step, ...fields } = progress;
        const text = `${progress.source} breaks rules of the loader (errors: ${grouped(progress.errors)})`;
        if (progress.errors > 0) terminal.warn('load.checked', `${text}, within --max-errors`, fields);
        break;
      }
      case 'waiting': {
        const { source, reason } = progress;
        // Once: the wait may take hours, in a log that nobody watches.
        if (reason !== waitingFor)
          terminal.log('load.waiting', `Waiting for the cluster: ${reason}`, { source, reason });
        waitingFor = reason;
        break;
      }
      case 'started': {
        const { step, ...fields } = progress;
        const { loadId, source, mode, joined } = progress;
        const doing = joined ? 'is under way already, from' : mode === 'NEW' ? 'of' : 'of what failed in';
        terminal.log('load.started', `Load ${loadId} ${doing} ${source}`, fields);
        break;
      }
      case 'watched':
        terminal.progress(`${progress.status}, ${grouped(progress.records)} records`);
        break;
      case 'failed': {
        const { step, ...fields } = progress;
        const text = `Load ${progress.loadId} ended as ${progress.status}: the failed files are loaded again`;
        terminal.warn('load.again', text, fields);
        break;
      }
      case 'verifying':
        terminal.progress('Comparing the graph with the manifest and the files');
    }
  };
}

async function writeErrors(file: string, rows: readonly LoadErrorRow[]): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  try {
    await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  } catch (cause) {
    throw new LineageError('usage', `The errors of the load cannot be written to ${file}.`, {
      cause,
      hint: 'Pass another --errors; `smlineage load status` tells the errors of a load at any time.',
    });
  }
}

function loadText(report: LoadReport, terminal: Terminal): string {
  const { loadId, status, records, durations, verified, byLabel, sample, notes, errors } = report;
  for (const note of notes) terminal.warn('load.note', note, { loadId });
  const counts = [...Object.values(byLabel.vertices), ...Object.values(byLabel.edges)];
  const inGraph = counts.reduce((total, { graph }) => total + graph, 0);
  const refused = errors.reduce((total, { count }) => total + count, 0);
  const borne = refused === 0 ? '' : `, ${grouped(refused)} refused`;
  const proof = verified
    ? `verified: ${grouped(inGraph)} vertices and edges, label by label, and ${comparedText(sample)}`
    : 'not verified';
  return `${loadId} ${status}: ${grouped(records)} records in ${durations.load} s${borne}; ${proof}`;
}
