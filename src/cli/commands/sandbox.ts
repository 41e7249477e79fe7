import type { SandboxOptions } from '../../sandbox/sandbox.ts';
import type { CommandSpec } from '../command.ts';
import { type CommonOptions, wholeNumber } from '../options.ts';
import { grouped } from '../progress.ts';

type SandboxCommandOptions = CommonOptions & {
  readonly port: number;
  readonly entities: number;
  readonly seed: number;
  readonly account: string;
  readonly region: string;
  readonly bucket: string;
  readonly deny?: readonly string[];
  readonly faults?: string;
  readonly fault?: readonly string[];
  readonly latency: number;
  readonly rate?: number;
  readonly gremlin: boolean;
};

export const sandboxCommand = {
  name: 'sandbox',
  summary: 'serve a local AWS (SageMaker lineage, S3, Neptune) until stopped',
  example: 'smlineage sandbox --entities 2000 --seed 7',
  configure(command) {
    return command
      .option('--port <port>', 'port to listen on; 0 takes a free one', wholeNumber(0, 65_535), 0)
      .option('--entities <n>', 'lineage entities to generate; 0 for an empty account', wholeNumber(0), 0)
      .option('--seed <n>', 'the same seed gives the same account', wholeNumber(0), 1)
      .option('--account <id>', 'account id', '123456789012')
      .option('--region <region>', 'region of the account, the bucket and the cluster', 'us-east-1')
      .option('--bucket <name>', 'bucket that is there from the start', 'lineage')
      .option('--deny <actions...>', 'IAM actions that no caller is allowed: s3:PutObject neptune-db:*')
      .option('--faults <file>', 'JSON file of faults to play')
      .option('--fault <rules...>', 'faults to play: throttle:sagemaker.ListArtifacts,probability=0.3')
      .option('--latency <ms>', 'milliseconds that every reply waits', wholeNumber(0), 0)
      .option(
        '--rate <n>',
        'requests per second and operation, above which calls are throttled',
        wholeNumber(1),
      )
      .option('--no-gremlin', 'do not start the Gremlin engine');
  },
  idle: [
    {
      flags: ['seed'],
      where: 'where nothing is drawn: an empty account, and no --fault',
      instead: 'Add --entities',
      isIdle: ({ entities, faults, fault }) =>
        entities === 0 && (faults !== undefined || fault === undefined),
    },
  ],
  async run({ terminal, signal }, _args: readonly [], options: SandboxCommandOptions) {
    const { startSandbox } = await import('../../sandbox/sandbox.ts');
    const { prepareEngine } = await import('../engine.ts');
    const { account, region } = options;
    const { generateLineage } = await import('../../sandbox/generator/generate-lineage.ts');
    const engine = options.gremlin ? await prepareEngine(terminal, signal) : { ready: false as const };
    const sandbox = await startSandbox({
      port: options.port,
      account,
      region,
      bucket: options.bucket,
      ...(options.entities === 0
        ? {}
        : { records: generateLineage({ entities: options.entities, seed: options.seed, account, region }) }),
      ...(options.deny === undefined ? {} : { deny: options.deny }),
      ...(await faultsOf(options)),
      latencyMs: options.latency,
      ...(options.rate === undefined ? {} : { ratePerSecond: options.rate }),
      gremlin: engine.ready,
    });
    try {
      if (options.output === 'json')
        terminal.print(JSON.stringify({ url: sandbox.url, ...sandbox.environment }));
      else
        for (const [name, value] of Object.entries(sandbox.environment))
          terminal.print(`export ${name}=${value}`);
      const entities = `${grouped(options.entities)} entities`;
      terminal.log('sandbox.ready', `Serving ${entities} at ${sandbox.url}; Ctrl-C stops.`, {
        url: sandbox.url,
      });
      await aborted(signal);
    } finally {
      await sandbox.close();
    }
  },
} satisfies CommandSpec;

async function faultsOf({
  faults,
  fault = [],
  seed,
}: SandboxCommandOptions): Promise<Pick<SandboxOptions, 'faults'>> {
  if (faults === undefined && fault.length === 0) return {};
  const { parseFaultRule, readFaultPlan } = await import('../../sandbox/faults.ts');
  const plan = faults === undefined ? { seed, rules: [] } : await readFaultPlan(faults);
  return { faults: { ...plan, rules: [...plan.rules, ...fault.map(parseFaultRule)] } };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
