import { awsConfig } from '../aws.ts';
import type { CommandSpec } from '../command.ts';
import { type AwsOptions, type CommonOptions, wholeNumber, withAwsOptions } from '../options.ts';
import { showExportProgress } from '../progress.ts';

type ExportOptions = CommonOptions &
  AwsOptions & { readonly out: string; readonly concurrency: number; readonly gzip: boolean };

export const exportCommand = {
  name: 'export',
  summary: 'copy the lineage of one account and region into a run directory',
  example: 'smlineage export --region us-east-1 --out lineage',
  configure(command) {
    return withAwsOptions(command, 'SageMaker')
      .option('--out <dir>', 'directory that holds the runs', 'lineage-export')
      .option('--concurrency <n>', 'listings read at the same time', wholeNumber(1, 100), 8)
      .option('--gzip', 'compress the CSV files', false);
  },
  async run({ env, terminal, signal }, _args: readonly [], options: ExportOptions) {
    const { crawlClients } = await import('../../crawl/clients.ts');
    const { exportLineage } = await import('../../runs/export.ts');
    const config = await awsConfig(options, env);
    const endpoint = options.endpointUrl === undefined ? {} : { endpoint: options.endpointUrl };
    const clients = crawlClients({ ...config, ...endpoint });
    try {
      const result = await exportLineage({
        clients,
        region: config.region,
        out: options.out,
        concurrency: options.concurrency,
        gzip: options.gzip,
        signal,
        onProgress: showExportProgress(terminal),
      });
      terminal.print(options.output === 'json' ? JSON.stringify(result, null, 2) : result.directory);
    } finally {
      clients.destroy();
    }
  },
} satisfies CommandSpec;
