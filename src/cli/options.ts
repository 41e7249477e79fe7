import { type Command, InvalidArgumentError, Option } from 'commander';

/** Options of every command. */
export type CommonOptions = {
  /** `table` or `json`, or one of the command's own `outputs`. */
  readonly output: string;
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

/** @param outputs what `--output` takes, the default first. */
export function withCommonOptions(command: Command, outputs: readonly string[] = ['table', 'json']): Command {
  return command
    .addOption(new Option('--output <form>', 'form of the result').choices(outputs).default(outputs[0]))
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

/** A number above zero. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError('Expected a number above 0.');
}

/** Values between commas. */
export function list(text: string): readonly string[] {
  const values = text.split(',').map((value) => value.trim());
  if (values.every((value) => value !== '')) return values;
  throw new InvalidArgumentError('Expected values with commas between them.');
}

/** Values between commas, each one of these. */
export function listOf<Value extends string>(known: readonly Value[]): (text: string) => readonly Value[] {
  return (text) => {
    const values = list(text);
    const unknown = values.find((value) => !(known as readonly string[]).includes(value));
    if (unknown === undefined) return values as readonly Value[];
    throw new InvalidArgumentError(`Expected some of ${known.join(', ')}, found ${unknown}.`);
  };
}

/** One of the values that are known, after those before it: for a flag that takes several words. */
export function oneMoreOf<Value extends string>(
  known: readonly Value[],
): (text: string, before?: readonly Value[]) => readonly Value[] {
  return (text, before = []) => {
    const value = known.find((one) => one === text);
    if (value !== undefined) return [...before, value];
    throw new InvalidArgumentError(`Expected some of ${known.join(', ')}, found ${text}.`);
  };
}

/** A moment such as `2026-11-01` or `2026-11-01T04:00:00Z`, as ISO 8601 in UTC, which is meant where no zone is given. */
export function moment(text: string): string {
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?$/.test(text);
  const hasZone = /(Z|[+-]\d{2}:\d{2})$/.test(text);
  const ms = Date.parse(isDate || hasZone ? text : `${text}Z`);
  if ((isDate || isTime) && !Number.isNaN(ms)) return new Date(ms).toISOString();
  throw new InvalidArgumentError('Expected a time such as 2026-11-01 or 2026-11-01T04:00:00Z.');
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
