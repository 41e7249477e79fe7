import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../bin/smlineage.mjs', import.meta.url));
const RUNS = 15;

/** Makes a process tell its CPU time, in microseconds, on its way out. */
const METER = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs';
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    writeSync(3, String(user + system));
  });
`)}`;

export function* run() {
  const help = median(() => cpuMilliseconds([MAIN, '--help']));
  const nothing = median(() => cpuMilliseconds(['--eval', '']));
  yield {
    title: `CPU time of a cold \`smlineage --help\`, beside a Node that does nothing (median of ${RUNS}, user + system)`,
    rows: [
      { command: 'smlineage --help', 'CPU ms': help.toFixed(0), limit: '150' },
      { command: "node --eval ''", 'CPU ms': nothing.toFixed(0), limit: '' },
      { command: 'difference', 'CPU ms': (help - nothing).toFixed(0), limit: '' },
    ],
  };
}

function cpuMilliseconds(args) {
  const { output, status } = spawnSync(process.execPath, ['--import', METER, ...args], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with exit code ${status}`);
  return Number(output[3]) / 1000;
}

function median(measure) {
  const figures = Array.from({ length: RUNS }, measure).sort((a, b) => a - b);
  return figures[Math.floor(RUNS / 2)];
}
