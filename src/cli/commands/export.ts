import { accountOfScope, scopeName } from '../../graph/scope.ts';
import { type TableColumn, textTable } from '../../render/text-table.ts';
import type { Estimate, EstimateOptions } from '../../runs/estimate.ts';
import type { ExportSource } from '../../runs/export.ts';
import { awsConfig } from '../aws.ts';
import type { CommandSpec } from '../command.ts';
import { CRAWL_IDLE, type CrawlFlags, crawlOptionsOf, withCrawlOptions } from '../crawl-options.ts';
import { type AwsOptions, type CommonOptions, duration, withAwsOptions } from '../options.ts';
import { grouped, showExportProgress } from '../progress.ts';
import { exportSource, type ScopeOptions } from '../scopes.ts';
import type { Terminal } from '../terminal.ts';

type ExportOptions = CommonOptions &
  AwsOptions &
  ScopeOptions &
  CrawlFlags & {
    readonly out: string;
    readonly resume?: string;
    readonly deadline?: number;
    readonly gzip?: boolean;
    readonly since?: string;
    readonly estimate?: boolean;
  };

export const exportCommand = {
  name: 'export',
  summary: 'copy the lineage of an account and region, or of several, into a run directory',
  example: 'smlineage export --region us-east-1 --out lineage',
  configure(command) {
    return withCrawlOptions(
      withAwsOptions(command, 'SageMaker')
        .option('--out <dir>', 'directory that holds the runs', 'lineage-export')
        .option('--resume <run>', 'go on with a run that was cut short: its id or its directory')
        .option('--deadline <duration>', 'stop after so long, resumable: 90s, 30m, 12h', duration),
    )
      .option('--since <run>', 'with full detail: the run to keep what was not modified of, or none')
      .option('--estimate', 'say how many calls and minutes it will take, and export nothing')
      .option('--gzip', 'compress the CSV files');
  },
  idle: [
    ...CRAWL_IDLE,
    {
      flags: ['region'],
      where: 'where the configuration file lists scopes',
      instead: 'Name the Region there, pass --no-config',
      isIdle: ({ scopes }) => scopes !== undefined,
    },
    {
      flags: ['types', 'created-after', 'created-before', 'source-uri-prefix'],
      where: 'in an estimate, which counts all entities of a kind',
      instead: 'Limit it by --kinds',
      isIdle: ({ estimate }) => estimate === true,
    },
    {
      flags: ['resume'],
      where: 'in an estimate, which is of a new run',
      isIdle: ({ estimate }) => estimate === true,
    },
  ],
  async run({ env, terminal, signal }, _args: readonly [], options: ExportOptions) {
    const crawl = crawlOptionsOf(options);
    const { assertComplete, exportLineage } = await import('../../runs/export.ts');
    const config = await awsConfig(options, env);
    const { source, destroy } = await exportSource(options, config);
    const { resume, gzip, deadline } = options;
    const since =
      options.since === undefined ? {} : { since: options.since === 'none' ? null : options.since };
    const stop = deadline === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(deadline)]);
    try {
      if (options.estimate === true) {
        terminal.print(
          await estimated(source, { ...options, ...crawl, ...since, signal: stop }, terminal.width),
        );
        return;
      }
      const result = await exportLineage({
        ...source,
        out: options.out,
        ...crawl,
        ...since,
        ...(resume === undefined ? {} : { resume }),
        ...(gzip === undefined ? {} : { gzip }),
        signal: stop,
        onProgress: showExportProgress(terminal),
      });
      await prepareQuestions(result.directory, terminal, stop);
      terminal.print(options.output === 'json' ? JSON.stringify(result, null, 2) : result.directory);
      assertComplete(result);
    } finally {
      destroy();
    }
  },
} satisfies CommandSpec;

/**
 * Leaves `lineage.bin` beside the files, so that the first question need not read them all. The run is whole and published
 * without it: what goes wrong here costs that question some seconds, and the export nothing.
 */
async function prepareQuestions(directory: string, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const { openRun } = await import('../../runs/open-run.ts');
  terminal.progress('preparing the run for questions');
  try {
    await openRun({ directory, signal });
  } catch (error) {
    terminal.log('export.not-prepared', `The first question will read all files: ${String(error)}`, {
      error,
    });
  }
}

type EstimateFlags = Omit<EstimateOptions, 'clients' | 'region'> & { readonly output: string };

/** What an export of each scope will take: scopes are crawled side by side, each at its own pace. */
async function estimated(
  source: ExportSource,
  flags: EstimateFlags,
  width: number | undefined,
): Promise<string> {
  const { estimateExport } = await import('../../runs/estimate.ts');
  if ('clients' in source) {
    const estimate = await estimateExport({ ...flags, ...source });
    return flags.output === 'json' ? JSON.stringify(estimate, null, 2) : estimateText(estimate, width);
  }
  const estimates = [];
  for (const scope of source.scopes) {
    const { clients } = source.connect(scope);
    try {
      const { region } = scope;
      const estimate = await estimateExport({ ...flags, clients, region });
      estimates.push({ scope: scopeName({ account: accountOfScope(scope), region }), ...estimate });
    } finally {
      clients.destroy();
    }
  }
  if (flags.output === 'json') return JSON.stringify(estimates, null, 2);
  return estimates.map((estimate) => `${estimate.scope}\n${estimateText(estimate, width)}`).join('\n\n');
}

const ESTIMATE_COLUMNS: readonly TableColumn[] = [
  { title: 'listing' },
  { title: 'records', align: 'right' },
  { title: 'pages', align: 'right' },
  { title: 'described', align: 'right' },
  { title: 'based on' },
];

function estimateText(estimate: Estimate, width: number | undefined): string {
  const { listings, calls, minutes, minutesThrottled, latencyMs, since } = estimate;
  const rows = Object.entries(listings).map(([listing, { records, pages, described, basis }]) => [
    listing,
    `${basis === 'sampled' ? 'about ' : ''}${grouped(records)}`,
    grouped(pages),
    grouped(described),
    basis === 'counted' ? 'a count' : 'a few pages; far off where records come in bursts',
  ]);
  const range = (least: number, most: number) =>
    least === most ? grouped(most) : `${grouped(least)} to ${grouped(most)}`;
  const kept = since === null ? '' : ` What was not modified since run ${since} costs nothing.`;
  return [
    textTable(ESTIMATE_COLUMNS, rows, width),
    `${range(calls.least, calls.most)} calls, ${range(minutes.least, minutes.most)} min at ${latencyMs} ms a call; up to ${grouped(minutesThrottled)} min if SageMaker takes ten calls a second.${kept}`,
  ].join('\n');
}
