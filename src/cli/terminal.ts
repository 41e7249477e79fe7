import type { OutputStream } from './context.ts';

/** How much a command says besides its result, and in which form. */
export type Verbosity = {
  readonly logFormat: 'text' | 'json';
  readonly quiet: boolean;
};

/** Results go to stdout; all else to stderr, so that a pipe carries results only. */
export type Terminal = {
  /** Columns of stdout where it is a terminal, else undefined: a pipe gets lines of any length. */
  readonly width: number | undefined;
  /** Writes a result, with a line end. */
  print(text: string): void;
  /** Writes a line of log: `event` and `fields` for machines, `text` for people. */
  log(event: string, text: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Like `log`, at level `warn`; `--quiet` does not hold it back. */
  warn(event: string, text: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Shows one passing line, replaced by the next. On a terminal only. */
  progress(text: string): void;
  /** Takes the passing line away. */
  close(): void;
};

type Level = 'info' | 'warn';

const CLEAR_LINE = '\r\u001b[2K';

export async function createTerminal(
  stdout: OutputStream,
  stderr: OutputStream,
  { logFormat, quiet }: Verbosity,
): Promise<Terminal> {
  const passing = stderr.isTTY === true && logFormat === 'text' && !quiet;
  let shown = false;

  function clear(): void {
    if (shown) stderr.write(CLEAR_LINE);
    shown = false;
  }

  const write = logFormat === 'json' ? await jsonWriter(stderr) : textWriter;

  function textWriter(_level: Level, _event: string, text: string): void {
    clear();
    stderr.write(`${text}\n`);
  }

  return {
    width: stdout.isTTY === true ? stdout.columns : undefined,
    print(text) {
      clear();
      stdout.write(`${text}\n`);
    },
    log(event, text, fields) {
      if (!quiet) write('info', event, text, fields);
    },
    warn(event, text, fields) {
      write('warn', event, text, fields);
    },
    progress(text) {
      if (!passing) return;
      stderr.write(`${CLEAR_LINE}${text.slice(0, (stderr.columns ?? 80) - 1)}`);
      shown = true;
    },
    close: clear,
  };
}

/** One JSON object a line, as pino writes it. Loaded only when asked for. */
async function jsonWriter(stderr: OutputStream) {
  const { pino, stdTimeFunctions } = await import('pino');
  const logger = pino({ base: null, timestamp: stdTimeFunctions.isoTime, messageKey: 'message' }, stderr);
  return (
    level: Level,
    event: string,
    text: string,
    fields: Readonly<Record<string, unknown>> = {},
  ): void => {
    logger[level]({ event, ...fields }, text);
  };
}
