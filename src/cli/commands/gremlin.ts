import { awsConfig } from '../aws.ts';
import type { CommandSpec } from '../command.ts';
import { neptuneEndpointOption, requiredEndpoint } from '../neptune-endpoint.ts';
import { type AwsOptions, type CommonOptions, duration } from '../options.ts';

type GremlinCommandOptions = CommonOptions &
  AwsOptions & { readonly endpoint?: string; readonly timeout?: number };

export const gremlinCommand = {
  name: 'gremlin',
  summary: 'send a Gremlin query to Neptune',
  example:
    'smlineage gremlin "g.V().hasLabel(\'artifact\').outE().inV().path().limit(5)" --endpoint my-cluster:8182',
  configure(command) {
    return command
      .argument('<query>', 'query text, as Neptune takes it')
      .addOption(neptuneEndpointOption())
      .option('--region <region>', 'AWS Region (default: AWS_REGION, AWS_DEFAULT_REGION, the profile)')
      .option('--profile <name>', 'profile of the shared AWS configuration')
      .option('--timeout <duration>', "lower the cluster's time limit for this query", duration);
  },
  async run({ env, terminal, signal }, [query]: readonly [string], options: GremlinCommandOptions) {
    const endpoint = requiredEndpoint(options.endpoint, env);
    const { queryAsWritten } = await import('../../graph/gremlin.ts');
    const { neptuneClient } = await import('../../neptune/clients.ts');
    const { gremlinClient } = await import('../../neptune/query.ts');
    const neptune = neptuneClient({ ...(await awsConfig(options, env)), endpoint });
    try {
      const send = gremlinClient(neptune);
      const results = await send(queryAsWritten(query), { signal, timeoutMs: options.timeout });
      if (options.output === 'json') terminal.print(JSON.stringify(results, null, 2));
      else for (const result of results) terminal.print(JSON.stringify(result));
    } finally {
      neptune.destroy();
    }
  },
} satisfies CommandSpec;
