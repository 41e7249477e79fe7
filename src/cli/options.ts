import { type Command, InvalidArgumentError, Option } from 'commander';

/** Options of every command. */
export type CommonOptions = {
  readonly output: 'table' | 'json';
  readonly logFormat: 'text' | 'json';
  readonly quiet: boolean;
  readonly verbose: boolean;
};

/** Options of every command that calls AWS, named as in the AWS CLI. */
export type AwsOptions = {
  readonly region?: string;
  readonly profile?: string;
  readonly endpointUrl?: string;
};

export function withCommonOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--output <form>', 'form of the result').choices(['table', 'json']).default('table'),
    )
    .addOption(
      new Option('--log-format <form>', 'form of the log on stderr')
        .choices(['text', 'json'])
        .default('text'),
    )
    .option('--quiet', 'say nothing but the result and failures', false)
    .option('--verbose', 'add the stack to a failure', false);
}

export function withAwsOptions(command: Command, endpointOf: string): Command {
  return command
    .option('--region <region>', 'AWS Region (default: AWS_REGION, AWS_DEFAULT_REGION, the profile)')
    .option('--profile <name>', 'profile of the shared AWS configuration')
    .option('--endpoint-url <url>', `another endpoint for ${endpointOf}`, url);
}

/** A whole number of at least `least`. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`Expected a whole number ${range}.`);
  };
}

const SECONDS_PER_UNIT = { s: 1, m: 60, h: 3600 } as const;

/** A duration such as `90s`, `30m` or `12h`, in milliseconds. */
export function duration(text: string): number {
  const match = /^(\d+)([smh])$/.exec(text);
  const unit = match?.[2] as keyof typeof SECONDS_PER_UNIT | undefined;
  if (match === null || unit === undefined)
    throw new InvalidArgumentError('Expected a duration such as 90s, 30m or 12h.');
  return Number(match[1]) * SECONDS_PER_UNIT[unit] * 1000;
}

function url(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('Expected an http or https URL.');
}
