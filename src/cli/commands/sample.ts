import { type Command, InvalidArgumentError } from 'commander';
import { LineageError } from '../../errors.ts';
import { awsConfig } from '../aws.ts';
import type { CommandSpec } from '../command.ts';
import type { Context } from '../context.ts';
import {
  type AwsOptions,
  type CommonOptions,
  positiveNumber,
  wholeNumber,
  withAwsOptions,
} from '../options.ts';
import { grouped } from '../progress.ts';

/* `sample create`, `sample delete`: lineage to try things on, in a real account. */

type SampleOptions = CommonOptions & AwsOptions & { readonly id: string; readonly maxRps?: number };

const sampleCreateCommand = {
  name: 'create',
  summary: "write the example workflow of AWS's lineage notebook, or generated lineage, into an account",
  example: 'smlineage sample create --id demo',
  configure: (command) =>
    withSampleOptions(command).option(
      '--generate <n>',
      'lineage like that of an account with n entities, in place of the workflow',
      wholeNumber(1, 6_000),
    ),
  async run(context, _args: readonly [], options: SampleOptions & { readonly generate?: number }) {
    const { createSample, sampleNotes } = await import('../../runs/sample.ts');
    const { notebookWorkflow } = await import('../../runs/sample-workflow.ts');
    const { generatedSample } = await import('../generated-sample.ts');
    const { terminal, signal } = context;
    const { id, generate, output } = options;
    const sample = generate === undefined ? notebookWorkflow(id) : await generatedSample(id, generate);
    const { writer, clients, close } = await clientsOf(options, context);
    try {
      for (const note of await sampleNotes(sample, { clients, signal }))
        terminal.warn('sample.quota', note, { id });
      const created = await createSample(sample, { writer, signal, onProgress: showProgress(context) });
      terminal.print(
        output === 'json'
          ? JSON.stringify(created, null, 2)
          : `Sample ${id}: ${grouped(created.entities.length)} entities, ${grouped(created.associations)} associations; smlineage sample delete --id ${id} deletes them`,
      );
    } finally {
      close();
    }
  },
} satisfies CommandSpec;

const sampleDeleteCommand = {
  name: 'delete',
  summary: 'delete exactly what `sample create` made',
  example: 'smlineage sample delete --id demo',
  configure: (command) =>
    withSampleOptions(command).option('--dry-run', 'say what would be deleted, and delete nothing', false),
  async run(context, _args: readonly [], options: SampleOptions & { readonly dryRun: boolean }) {
    const { deleteSample } = await import('../../runs/sample.ts');
    const { terminal, signal } = context;
    const { id, dryRun, output } = options;
    const { writer, clients, close } = await clientsOf(options, context);
    try {
      const onProgress = showProgress(context);
      const deleted = await deleteSample(id, { clients, writer, signal, dryRun, onProgress });
      const verb = dryRun ? 'would be deleted' : 'deleted';
      terminal.print(
        output === 'json'
          ? JSON.stringify({ ...deleted, dryRun }, null, 2)
          : `Sample ${id}: ${grouped(deleted.entities.length)} entities ${verb}, with their associations`,
      );
    } finally {
      close();
    }
  },
} satisfies CommandSpec;

export const sampleCommand = {
  name: 'sample',
  summary: 'write sample lineage into an account, and delete it again',
  example: 'smlineage sample create --id demo',
  configure: (command) => command,
  async run() {
    throw new LineageError('usage', 'Expected `sample create` or `sample delete`.', {
      hint: 'smlineage sample --help shows both.',
    });
  },
  subcommands: [sampleCreateCommand, sampleDeleteCommand],
} satisfies CommandSpec;

function withSampleOptions(command: Command): Command {
  return withAwsOptions(command, 'SageMaker')
    .option('--id <id>', 'tells samples of one account apart', sampleId, 'notebook')
    .option('--max-rps <n>', 'requests a second that write, at most (default: 3)', positiveNumber);
}

/** Names of SageMaker hold letters, digits and single hyphens. */
function sampleId(text: string): string {
  if (/^[a-z0-9](-?[a-z0-9]){0,31}$/.test(text)) return text;
  throw new InvalidArgumentError('Expected up to 32 lower-case letters and digits, hyphens between them.');
}

async function clientsOf(options: SampleOptions, { env }: Pick<Context, 'env'>) {
  const { crawlClients } = await import('../../crawl/clients.ts');
  const { writingClient } = await import('../../runs/delete-lineage.ts');
  const endpoint = options.endpointUrl === undefined ? {} : { endpoint: options.endpointUrl };
  const config = { ...(await awsConfig(options, env)), ...endpoint };
  const clients = crawlClients(config);
  const writer = writingClient(config, options.maxRps);
  return {
    clients,
    writer,
    close() {
      clients.destroy();
      writer.destroy();
    },
  };
}

function showProgress({ terminal }: Pick<Context, 'terminal'>) {
  return ({ done, of }: { readonly done: number; readonly of: number }) =>
    terminal.progress(`${grouped(done)} of ${grouped(of)}`);
}
