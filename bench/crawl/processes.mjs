import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../crawl-process.mjs', import.meta.url));

/** Room for the account: a million entities and their associations take 1.5 GB of heap. */
const SANDBOX_HEAP = '--max-old-space-size=6144';

/** The SDK's advice on the version of Node, a dozen times over, would bury the tables. */
const QUIET = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };

/** Runs one job in a process of its own and gives what it reports: see crawl-process.mjs. */
export async function runApart(role, job) {
  const child = fork(ENTRY, { env: QUIET });
  const report = await ask(child, { role, job });
  child.kill();
  return report;
}

/** Starts a sandbox in a process of its own. `used()` is the CPU time and the peak memory that it has needed so far. */
export async function startSandboxApart(job) {
  const child = fork(ENTRY, { env: QUIET, execArgv: [SANDBOX_HEAP] });
  const { url, region, seconds } = await ask(child, { role: 'sandbox', job });
  return {
    url,
    region,
    startSeconds: seconds,
    used: () => ask(child, 'used'),
    async close() {
      child.kill();
      await once(child, 'exit');
    },
  };
}

/** The child's next message; it fails where the child ends first. */
async function ask(child, message) {
  const answered = new AbortController();
  const { signal } = answered;
  child.send(message);
  try {
    const [answer] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`A process of the benchmark ended with exit code ${code}.`);
      }),
    ]);
    return answer;
  } finally {
    answered.abort();
  }
}
