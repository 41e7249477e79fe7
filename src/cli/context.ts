import type { Terminal } from './terminal.ts';

/** The outside world, as the command line is given it. */
export type Surroundings = {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
};

export type OutputStream = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): boolean;
};

/** What a command gets to work with. */
export type Context = {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
};
