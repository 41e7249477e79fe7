import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('../../../bin/smlineage.mjs', import.meta.url));

/** A `smlineage sandbox` of its own process: what its `export NAME=value` lines say. Stopped with the test. */
export async function startedBinary(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.kill()) await once(child, 'exit');
  });
  const environment: Record<string, string> = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name, value] = /^export (\w+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) environment[name] = value;
    if (name === LAST) return { environment, bucket: 'lineage' };
  }
  throw new Error(`smlineage ${args.join(' ')} ended before it served: ${said}`);
}

/** The variable that is printed last. */
const LAST = 'AWS_SECRET_ACCESS_KEY';
