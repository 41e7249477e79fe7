import type { Readable } from 'node:stream';
import type { Terminal } from './terminal.ts';

/** The outside world, as the command line is given it. */
export type Surroundings = {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly stdin?: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
};

export type InputStream = Readable & { readonly isTTY?: boolean };

export type OutputStream = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): boolean;
};

/** What a command gets to work with. */
export type Context = {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** What is piped to the command; undefined where that is a terminal, or nothing. */
  readonly piped: Readable | undefined;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
};
