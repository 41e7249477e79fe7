// Makes a fresh clone ready: installs what is missing, says what it does, and does nothing where nothing is missing.
//   node scripts/setup.mjs          node modules, dist/, the Gremlin Server
//   node scripts/setup.mjs --test   the same; with CI set, a missing engine is a failure instead of a note
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const MINIMUM_NODE = [20, 19];
const inCi = process.argv.includes('--test') && process.env.CI !== undefined;

requireNode();
if (!modulesAsLocked()) {
  say('Installing node modules (npm ci) …');
  run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error']);
}
if (!builtFromSources()) {
  say('Compiling src/ to dist/ …');
  run(process.execPath, ['scripts/build.mjs']);
}
await prepareGremlinServer();

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

function builtFromSources() {
  const built = join(root, 'dist/index.js');
  if (!existsSync(built)) return false;
  const sources = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', ...filesUnder('src')];
  const builtAt = statSync(built).mtimeMs;
  return sources.every((path) => statSync(join(root, path)).mtimeMs <= builtAt);
}

async function prepareGremlinServer() {
  const { findGremlinServer, installGremlinServer } = await import(
    '../dist/sandbox/neptune/gremlin-install.js'
  );
  const found = await findGremlinServer();
  if (found.ready) return;
  if (found.missing.length > 0) {
    if (inCi) fail(found.advice);
    say(found.advice);
    return;
  }
  await installGremlinServer({ log: say });
}

function filesUnder(directory) {
  return readdirSync(join(root, directory), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length));
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
