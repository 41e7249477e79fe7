import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../src/sandbox/sandbox.ts';

/** What a client has to know of a sandbox. */
export type Reachable = Pick<Sandbox, 'environment'>;

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PROGRAMS = join(ROOT, 'test/python');

/** A sandbox for one test; without the Gremlin engine, unless told. */
export async function startedSandbox(options: SandboxOptions): Promise<Sandbox> {
  const sandbox = await startSandbox({ gremlin: false, ...options });
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** Runs a program of `test/python/` and gives the JSON that it prints. */
export async function runPython(sandbox: Reachable, program: string): Promise<unknown> {
  const { stdout } = await run(sandbox, 'python', [join(PROGRAMS, program)]);
  return JSON.parse(stdout);
}

/** Runs a test of `test/python/` that needs no sandbox. @throws Error with what unittest said where it fails */
export function runUnittest(program: string): Promise<Ended> {
  return run({ environment: {} }, 'python', [join(PROGRAMS, program)]);
}

/** What one cell of a notebook showed (test/python/run_cells.py); a cell that showed nothing is left out. */
export type Cell = {
  readonly cell: string;
  readonly printed?: readonly string[];
  readonly displayed?: readonly unknown[];
  readonly value?: unknown;
};

/** Runs a notebook of `test/python/`. */
export async function runNotebook(sandbox: Reachable, notebook: string): Promise<readonly Cell[]> {
  const { stdout } = await run(sandbox, 'python', [join(PROGRAMS, 'run_cells.py'), join(PROGRAMS, notebook)]);
  return JSON.parse(stdout);
}

export type Ended = { readonly stdout: string; readonly stderr: string };

/** Runs the AWS CLI. @throws Error with `code`, `stdout` and `stderr` where it fails */
export function runAws(sandbox: Reachable, ...args: readonly string[]): Promise<Ended> {
  return run(sandbox, 'aws', args);
}

const execFileAsync = promisify(execFile);

/** The client knows the sandbox's environment and nothing else: no variable of ours, no configuration, no credentials. */
async function run(sandbox: Reachable, command: string, args: readonly string[]): Promise<Ended> {
  const home = await mkdtemp(join(tmpdir(), 'smlineage-home-'));
  try {
    return await execFileAsync(pythonCommand(command), [...args], {
      cwd: home,
      env: {
        ...sandbox.environment,
        PATH: process.env.PATH,
        HOME: home,
        TZ: 'UTC',
        PYTHONDONTWRITEBYTECODE: '1',
        SAGEMAKER_SUPPRESS_V2_WARNING: '1',
      },
      maxBuffer: 64 * 2 ** 20,
    });
  } finally {
    await rm(home, { recursive: true });
  }
}

function pythonCommand(name: string): string {
  const path = join(ROOT, '.venv/bin', name);
  if (existsSync(path)) return path;
  throw new Error(
    `Expected the Python clients of test/python/requirements.txt in .venv, found no ${path}. Run \`node scripts/setup.mjs --test\`, which installs them and says what it lacks.`,
  );
}
