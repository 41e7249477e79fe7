import type { Readable } from 'node:stream';
import { LineageError } from '../../errors.ts';
import { RESULT_FORMATS, type ResultFormat } from '../../render/gremlin-results.ts';
import { awsConfig } from '../aws.ts';
import type { CommandSpec } from '../command.ts';
import { neptuneEndpointOption, requiredEndpoint } from '../neptune-endpoint.ts';
import { type AwsOptions, type CommonOptions, duration } from '../options.ts';

type GremlinCommandOptions = CommonOptions &
  Omit<AwsOptions, 'endpointUrl'> & {
    readonly output: ResultFormat;
    readonly endpoint?: string;
    readonly file?: string;
    readonly timeout?: number;
  };

export const gremlinCommand = {
  name: 'gremlin',
  summary: 'send a Gremlin query to Neptune',
  example:
    'smlineage gremlin "g.V().hasLabel(\'artifact\').outE().inV().path().limit(5)" --endpoint my-cluster:8182',
  outputs: RESULT_FORMATS,
  configure(command) {
    return command
      .argument('[query]', 'query text, as Neptune takes it; - or none reads what is piped to the command')
      .addOption(neptuneEndpointOption())
      .option('--file <path>', 'read the query from a file')
      .option('--region <region>', 'AWS Region (default: AWS_REGION, AWS_DEFAULT_REGION, the profile)')
      .option('--profile <name>', 'profile of the shared AWS configuration')
      .option('--timeout <duration>', "lower the cluster's time limit for this query", duration);
  },
  async run(
    { env, piped, terminal, signal },
    [argument]: readonly [string?],
    options: GremlinCommandOptions,
  ) {
    const text = await queryText(argument, options.file, { piped, signal });
    const endpoint = requiredEndpoint(options.endpoint, env);
    const { queryAsWritten } = await import('../../graph/gremlin.ts');
    const { neptuneClient } = await import('../../neptune/clients.ts');
    const { keepExactNumbers } = await import('../../neptune/exact-numbers.ts');
    const { gremlinValue } = await import('../../neptune/graphson-value.ts');
    const { typedGremlinClient } = await import('../../neptune/query.ts');
    const { renderResults } = await import('../../render/gremlin-results.ts');
    const neptune = neptuneClient({ ...(await awsConfig(options, env)), endpoint });
    keepExactNumbers(neptune);
    try {
      const send = typedGremlinClient(neptune);
      const results = (await send(queryAsWritten(text), { signal, timeoutMs: options.timeout })).map(
        gremlinValue,
      );
      const { output } = options;
      if (output === 'jsonl' && results.length === 0) return;
      terminal.print(renderResults(results, output, { width: terminal.width }));
    } finally {
      neptune.destroy();
    }
  },
} satisfies CommandSpec;

type Input = { readonly piped: Readable | undefined; readonly signal: AbortSignal };

async function queryText(
  argument: string | undefined,
  file: string | undefined,
  { piped, signal }: Input,
): Promise<string> {
  if (argument !== undefined && file !== undefined)
    throw misuse('Expected one query, got one as argument and one in --file.');
  const text = file === undefined ? await argumentOrPiped(argument, { piped, signal }) : await fileText(file);
  if (text.trim() === '') throw misuse('The query is empty.');
  // Editors of some systems begin a file with a byte order mark, which is no Gremlin.
  return text.replace(/^\ufeff/, '');
}

async function argumentOrPiped(argument: string | undefined, { piped, signal }: Input): Promise<string> {
  if (argument !== undefined && argument !== '-') return argument;
  if (piped === undefined) throw misuse('No query is given, and nothing is piped to the command.');
  const { addAbortSignal } = await import('node:stream');
  const { text } = await import('node:stream/consumers');
  try {
    return await text(addAbortSignal(signal, piped));
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new LineageError('interrupted', 'Interrupted while the query was read.', { cause });
  }
}

async function fileText(file: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LineageError('usage', `The query cannot be read from ${file}: ${reason}.`, {
      cause,
      hint: 'Pass another --file.',
    });
  }
}

function misuse(message: string): LineageError {
  return new LineageError('usage', message, {
    hint: 'Pass the query as the argument, in --file, or through a pipe.',
  });
}
