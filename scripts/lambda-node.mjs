// A Node of the major version that the functions are deployed for, where this one is another.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from './python-environment.mjs';

/** `nodejs22.x` of cloudformation/nightly.yaml, in the version that the tests were last seen to pass with. */
const LAMBDA_NODE = '22.23.3';

const isItself = process.versions.node.split('.')[0] === LAMBDA_NODE.split('.')[0];

/** The program; to be there once `prepareLambdaNode` was ready. */
export function lambdaNode() {
  return isItself ? process.execPath : join(directory(), 'node_modules/node/bin/node');
}

function directory() {
  return join(cacheDirectory(), `node-${LAMBDA_NODE}`);
}

/** Installs it, from the npm registry, where it is not there yet; see `preparePythonEnvironment`. */
export function prepareLambdaNode({ say }) {
  if (isItself || existsSync(lambdaNode())) return READY;
  say(`Installing Node ${LAMBDA_NODE} for the tests of the functions (${directory()}) …`);
  mkdirSync(directory(), { recursive: true });
  const args = [
    'install',
    '--prefix',
    directory(),
    '--no-fund',
    '--no-audit',
    '--loglevel=error',
    `node@${LAMBDA_NODE}`,
  ];
  const { status, stderr } = spawnSync('npm', args, { encoding: 'utf8' });
  if (status === 0 && existsSync(lambdaNode())) return READY;
  const advice = `Node ${LAMBDA_NODE} for the tests of the functions could not be installed: ${(stderr ?? '').trim().split('\n').at(-1)}. Check the network and run again.`;
  return { ready: false, missing: [`Node ${LAMBDA_NODE}`], advice };
}

const READY = { ready: true, missing: [], advice: '' };
