import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../bin/smlineage.mjs', import.meta.url));

export type Ended = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string };

export type RunOptions = {
  /** All of the environment besides PATH, and a HOME without an AWS configuration. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
};

/** Runs the real binary to its end. */
export async function smlineage(args: readonly string[], { env = {}, cwd }: RunOptions = {}): Promise<Ended> {
  const child = startSmlineage(args, { env, ...(cwd === undefined ? {} : { cwd }) });
  const [stdout, stderr, exitCode] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]);
  return { exitCode, stdout, stderr };
}

/** Starts the real binary. */
export function startSmlineage(args: readonly string[], { env = {}, cwd }: RunOptions = {}) {
  return spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...cacheOf(process.env), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The Gremlin engine of this machine, wherever it was installed. */
function cacheOf(env: NodeJS.ProcessEnv): Record<string, string> {
  const cache = env.SMLINEAGE_CACHE ?? env.XDG_CACHE_HOME ?? `${env.HOME}/.cache`;
  return { XDG_CACHE_HOME: cache };
}
