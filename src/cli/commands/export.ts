import { type Command, Option } from 'commander';
import { LineageError } from '../../errors.ts';
import type { Detail } from '../../graph/columns.ts';
import { ALL_KINDS, type Kind } from '../../graph/kinds.ts';
import type { Subset } from '../../graph/subset.ts';
import { awsConfig } from '../aws.ts';
import type { CommandSpec } from '../command.ts';
import {
  type AwsOptions,
  type CommonOptions,
  duration,
  list,
  listOf,
  moment,
  positiveNumber,
  wholeNumber,
  withAwsOptions,
} from '../options.ts';
import { showExportProgress } from '../progress.ts';

type ExportOptions = CommonOptions &
  AwsOptions &
  Subset & {
    readonly out: string;
    readonly resume?: string;
    readonly concurrency: number;
    readonly maxRps?: number;
    readonly deadline?: number;
    readonly gzip?: boolean;
    readonly associations?: 'sweep' | 'per-node';
    readonly verify?: number;
    readonly detail?: Detail;
    readonly tags?: boolean;
    readonly promote?: readonly string[];
    readonly since?: string;
  };

export const exportCommand = {
  name: 'export',
  summary: 'copy the lineage of one account and region into a run directory',
  example: 'smlineage export --region us-east-1 --out lineage',
  configure(command) {
    return withSubset(
      withAwsOptions(command, 'SageMaker')
        .option('--out <dir>', 'directory that holds the runs', 'lineage-export')
        .option('--resume <run>', 'go on with a run that was cut short: its id or its directory')
        .option('--concurrency <n>', 'shards crawled at the same time', wholeNumber(1, 100), 16)
        .option('--max-rps <n>', 'requests a second of each operation, at most', positiveNumber)
        .option('--deadline <duration>', 'stop after so long, resumable: 90s, 30m, 12h', duration)
        .addOption(
          new Option(
            '--associations <way>',
            'ask for all at once, or entity by entity (default: sweep)',
          ).choices(['sweep', 'per-node']),
        )
        .option(
          '--verify <n>',
          'ask for the associations of so many entities again, and compare',
          wholeNumber(0),
        )
        .addOption(
          new Option(
            '--detail <detail>',
            'what the listings give, or all that SageMaker knows of each entity (default: summary)',
          ).choices(['summary', 'full']),
        )
        .option('--tags', 'with full detail: ask for tags too')
        .option(
          '--promote <list>',
          'with full detail: keys with a column of their own: properties.team',
          list,
        )
        .option('--since <run>', 'with full detail: the run to keep what was not modified of, or none')
        .option('--gzip', 'compress the CSV files'),
    );
  },
  async run({ env, terminal, signal }, _args: readonly [], options: ExportOptions) {
    const subset = subsetOf(options);
    const { crawlClients } = await import('../../crawl/clients.ts');
    const { exportLineage } = await import('../../runs/export.ts');
    const config = await awsConfig(options, env);
    const endpoint = options.endpointUrl === undefined ? {} : { endpoint: options.endpointUrl };
    const clients = crawlClients({ ...config, ...endpoint }, { maxRps: options.maxRps });
    const { resume, gzip, associations, verify, deadline, detail, tags, promote, since } = options;
    try {
      const result = await exportLineage({
        clients,
        region: config.region,
        out: options.out,
        concurrency: options.concurrency,
        ...(resume === undefined ? {} : { resume }),
        ...(gzip === undefined ? {} : { gzip }),
        ...(associations === undefined ? {} : { associations }),
        ...(verify === undefined ? {} : { verify }),
        ...(subset === undefined ? {} : { subset }),
        ...(detail === undefined ? {} : { detail }),
        ...(tags === undefined ? {} : { tags }),
        ...(promote === undefined ? {} : { promote }),
        ...(since === undefined ? {} : { since: since === 'none' ? null : since }),
        signal: deadline === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(deadline)]),
        onProgress: showExportProgress(terminal),
      });
      terminal.print(options.output === 'json' ? JSON.stringify(result, null, 2) : result.directory);
    } finally {
      clients.destroy();
    }
  },
} satisfies CommandSpec;

function withSubset(command: Command): Command {
  return command
    .option('--kinds <list>', `only these kinds: ${ALL_KINDS.join(',')}`, listOf<Kind>(ALL_KINDS))
    .option('--types <list>', 'only entities of these types: Model,DataSet', list)
    .option('--created-after <time>', 'only entities created then or later', moment)
    .option('--created-before <time>', 'only entities created before', moment)
    .option('--source-uri-prefix <text>', 'only entities whose source URI begins so');
}

/** Undefined where no option of the subset is given: the whole. @throws LineageError (usage) where nothing is left */
function subsetOf(options: ExportOptions): Subset | undefined {
  const { kinds, types, createdAfter, createdBefore, sourceUriPrefix } = options;
  if (createdAfter !== undefined && createdBefore !== undefined && createdAfter >= createdBefore) {
    throw new LineageError(
      'usage',
      `--created-after ${createdAfter} is not before --created-before ${createdBefore}: nothing lies between.`,
      { hint: 'Give an earlier --created-after or a later --created-before.' },
    );
  }
  const subset: Subset = {
    ...(kinds === undefined ? {} : { kinds }),
    ...(types === undefined ? {} : { types }),
    ...(createdAfter === undefined ? {} : { createdAfter }),
    ...(createdBefore === undefined ? {} : { createdBefore }),
    ...(sourceUriPrefix === undefined ? {} : { sourceUriPrefix }),
  };
  return Object.keys(subset).length === 0 ? undefined : subset;
}
