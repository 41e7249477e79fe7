import { EXIT_CODES, LineageError } from '../errors.ts';
import type { OutputStream } from './context.ts';

/** What a failure says and exits with. */
export type Failure = {
  readonly exitCode: number;
  readonly outcome: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly stack: string | undefined;
};

/** The failure that an error of any origin amounts to. */
export function failureOf(error: unknown): Failure {
  if (error instanceof LineageError) {
    const { exitCode, outcome, message, hint, details } = error;
    return { exitCode, outcome, message, hint, details, stack: stackOf(error) };
  }
  return {
    exitCode: EXIT_CODES.unexpected,
    outcome: 'unexpected',
    message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    hint: 'This is a defect: please report it, with the output of the same command under --verbose.',
    details: {},
    stack: stackOf(error),
  };
}

export type FailureStyle = { readonly logFormat: 'text' | 'json'; readonly verbose: boolean };

/** Tells the user: one message, one remedy, and the stack only when asked for. */
export function reportFailure(
  failure: Failure,
  stderr: OutputStream,
  { logFormat, verbose }: FailureStyle,
): void {
  const { stack, ...rest } = failure;
  if (logFormat === 'json') {
    const line = {
      level: 50,
      time: new Date().toISOString(),
      event: 'failed',
      ...rest,
      ...(verbose ? { stack } : {}),
    };
    stderr.write(`${JSON.stringify(line)}\n`);
    return;
  }
  stderr.write(`smlineage: ${failure.message}\n`);
  if (failure.hint !== undefined) stderr.write(`  ${failure.hint}\n`);
  const ids = IDS.filter(([name]) => isMissingFrom(failure, name)).map(
    ([name, title]) => `${title} ${String(failure.details[name])}`,
  );
  if (ids.length > 0) stderr.write(`  (${ids.join(', ')})\n`);
  if (verbose && stack !== undefined) stderr.write(`${stack}\n`);
}

/** What AWS Support and logs are asked by. */
const IDS = [
  ['requestId', 'request id'],
  ['loadId', 'load id'],
] as const;

function isMissingFrom({ message, hint = '', details }: Failure, name: string): boolean {
  const id = details[name];
  return id !== undefined && !message.includes(String(id)) && !hint.includes(String(id));
}

function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const causes = error.cause === undefined ? undefined : stackOf(error.cause);
  return causes === undefined ? error.stack : `${error.stack}\nCaused by: ${causes}`;
}
