// Makes a fresh clone ready: installs what is missing, says what it does, and does nothing where nothing is missing.
//   node scripts/setup.mjs          node modules, dist/, the Gremlin Server
//   node scripts/setup.mjs --test   the same and the Python clients; with CI set, what is missing is a failure, not a note
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const MINIMUM_NODE = [20, 19];
const forTests = process.argv.includes('--test');
const inCi = forTests && process.env.CI !== undefined;

requireNode();
if (!modulesAsLocked()) {
  say('Installing node modules (npm ci) …');
  run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error']);
}
const { buildIfStale } = await import('./build.mjs');
buildIfStale(say);
await prepareGremlinServer();
if (forTests) await preparePython();

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [needMajor, needMinor] = MINIMUM_NODE;
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return;
  fail(`Node ${needMajor}.${needMinor} or newer is needed; this is ${process.versions.node}.`);
}

/** Whether node_modules holds every package that the lockfile asks of this platform, in its version. */
function modulesAsLocked() {
  const installedLock = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installedLock)) return false;
  const installed = readJson(installedLock).packages;
  return Object.entries(readJson(join(root, 'package-lock.json')).packages).every(
    ([path, { version, optional }]) =>
      path === '' || optional === true || installed[path]?.version === version,
  );
}

async function prepareGremlinServer() {
  const { findGremlinServer, installGremlinServer } = await import(
    '../dist/sandbox/neptune/gremlin-install.js'
  );
  const found = await findGremlinServer();
  if (found.ready) return;
  if (found.missing.length > 0) {
    // Without --test the command that follows says itself what it goes without.
    if (forTests) lack(found.advice);
    return;
  }
  await installGremlinServer({ log: say });
}

async function preparePython() {
  const { prepareLinters, preparePythonEnvironment, prepareStateMachines } = await import(
    './python-environment.mjs'
  );
  const { prepareLambdaNode } = await import('./lambda-node.mjs');
  for (const prepare of [preparePythonEnvironment, prepareLinters, prepareStateMachines, prepareLambdaNode]) {
    const { ready, advice } = prepare({ root, say });
    if (!ready) lack(advice);
  }
}

/** In CI nothing is left out. */
function lack(advice) {
  if (inCi) fail(advice);
  say(advice);
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error !== undefined) fail(`${command} did not start: ${error.message}`);
  if (status !== 0) fail(`${[command, ...args].join(' ')} failed with exit code ${status}.`);
}

function say(line) {
  process.stderr.write(`setup: ${line}\n`);
}

function fail(line) {
  say(line);
  process.exit(1);
}
