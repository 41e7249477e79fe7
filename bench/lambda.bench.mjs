import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildLambda } from '../scripts/build-lambda.mjs';
import { lambdaNode, prepareLambdaNode } from '../scripts/lambda-node.mjs';

const RUNS = 5;
const MOST_BYTES = 3_000_000;
const MOST_MS = 400;

/** Prints what a cold start has to read and to run, of each function as it is deployed. */
export async function* run() {
  const { ready, advice } = prepareLambdaNode({ say: (line) => process.stderr.write(`${line}\n`) });
  if (!ready) throw new Error(advice);
  const folder = mkdtempSync(join(tmpdir(), 'smlineage-lambda-'));
  try {
    const files = await buildLambda(folder);
    yield {
      title: `Functions under ${nodeVersion()}: size of the bundle, the SDK inside, and CPU time of its cold import (median of ${RUNS}, user + system)`,
      rows: Object.entries(files).map(([name, file]) => ({
        function: name,
        MB: (statSync(file).size / 1_000_000).toFixed(2),
        'limit MB': (MOST_BYTES / 1_000_000).toFixed(2),
        'import CPU ms': median(() => importMilliseconds(file)).toFixed(0),
        'limit ms': MOST_MS,
      })),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function nodeVersion() {
  return `Node ${spawnSync(lambdaNode(), ['--version'], { encoding: 'utf8' }).stdout.trim()}`;
}

/** Of the import alone: what Node itself takes to start is not the bundle's. */
function importMilliseconds(file) {
  const program = `
    const before = process.cpuUsage();
    await import(${JSON.stringify(pathToFileURL(file).href)});
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1000);
  `;
  const { stdout, stderr, status } = spawnSync(lambdaNode(), ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${file} cannot be imported: ${stderr}`);
  return Number(stdout);
}

function median(measure) {
  const figures = Array.from({ length: RUNS }, measure).sort((a, b) => a - b);
  return figures[Math.floor(RUNS / 2)];
}
