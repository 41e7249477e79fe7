import { onTestFinished, vi } from 'vitest';
import type { DoctorReport } from '../../src/runs/doctor.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';
import { cliHere } from './in-process.ts';

export const ROLE = 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3';
export const HEALTHY = ['--to', 's3://lineage/nightly', '--role', ROLE];

export type Setting = {
  readonly sandbox?: SandboxOptions;
  /** Takes the place of the healthy arguments. */
  readonly args?: readonly string[];
  /** Done before the doctor comes; may change the environment, or add arguments. */
  readonly prepare?: (sandbox: Sandbox) => Promise<Prepared> | Prepared;
};

export type Prepared = {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly args?: readonly string[];
};

/** What `doctor` says of a sandbox, as JSON; the environment is the sandbox's and nothing of this machine. */
export async function examined({ sandbox: options, args = HEALTHY, prepare }: Setting = {}) {
  const sandbox = await startSandbox({ gremlin: false, ...options });
  const prepared = (await prepare?.(sandbox)) ?? {};
  const env = {
    ...sandbox.environment,
    // No configuration of this machine, and no instance that would give credentials.
    ...{ HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' },
    ...prepared.env,
  };
  // The SDK's chain of credentials looks at the process itself.
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await sandbox.close();
  });
  const ended = await cliHere(['doctor', ...args, ...(prepared.args ?? []), '--output', 'json'], { env });
  const report: DoctorReport = JSON.parse(ended.stdout);
  const checksThatAre = (verdict: string) =>
    report.lines.filter((line) => line.verdict === verdict).map(({ check }) => check);
  return { ...ended, sandbox, report, wrong: checksThatAre('wrong'), unknown: checksThatAre('unknown') };
}
