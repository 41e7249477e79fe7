import type { InputStream } from '../../src/cli/context.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import type { Ended } from './smlineage.ts';

export type Screen = {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Columns of a terminal; without it both streams are pipes. */
  readonly columns?: number;
  readonly signal?: AbortSignal;
  readonly stdin?: InputStream;
};

/** Runs a command line in this process: as the binary does it, but for the process itself. */
export async function cliHere(args: readonly string[], screen: Screen = {}): Promise<Ended> {
  const { env = process.env, columns, signal = new AbortController().signal, stdin } = screen;
  const out: string[] = [];
  const err: string[] = [];
  const terminal = columns === undefined ? {} : { isTTY: true, columns };
  const exitCode = await runCli(args, {
    env,
    ...(stdin === undefined ? {} : { stdin }),
    stdout: { ...terminal, write: (text: string) => out.push(text) > 0 },
    stderr: { ...terminal, write: (text: string) => err.push(text) > 0 },
    signal,
  });
  return { exitCode, stdout: out.join(''), stderr: err.join('') };
}
