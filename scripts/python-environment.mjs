// The Python programs that judge: the sandbox (test/python/requirements.txt), in a virtual environment of the project,
// and the templates (test/cloudformation/requirements.txt), in one beside the Gremlin Server.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the AWS CLI and boto3 of the requirements ask for. */
const MINIMUM_PYTHON = [3, 10];

/**
 * Makes `.venv/` under `root` hold what test/python/requirements.txt lists; does nothing where it does already.
 * `missing` names what the machine lacks, `advice` says what to do about it: empty once `ready`.
 */
export function preparePythonEnvironment({ root, say }) {
  return prepare({
    ...{ root, say, environment: join(root, '.venv') },
    requirements: join(root, 'test/python/requirements.txt'),
    announcement: 'Installing the SageMaker Python SDK, boto3 and the AWS CLI for the tests (.venv) …',
  });
}

/**
 * The same for the linters of the templates. What they depend on and what the SageMaker SDK depends on exclude each
 * other, and it is 450 MB: an environment of its own, which all clones of the project share.
 */
export function prepareLinters({ root, say }) {
  const environment = lintersDirectory({ root });
  return prepare({
    ...{ root, say, environment, requirements: join(root, LINTERS) },
    announcement: `Installing cfn-lint, checkov and cfripper for the tests (${environment}) …`,
  });
}

/** Where the linters are: the name changes with their versions. */
export function lintersDirectory({ root }) {
  return join(cacheDirectory(), `linters-${digest(join(root, LINTERS)).slice(0, 12)}`);
}

const LINTERS = 'test/cloudformation/requirements.txt';

/** The same for what runs the state machine in tests, which depends on other versions than both. */
export function prepareStateMachines({ root, say }) {
  const environment = stateMachinesDirectory({ root });
  return prepare({
    ...{ root, say, environment, requirements: join(root, STATE_MACHINES) },
    announcement: `Installing moto, which runs the state machine in the tests (${environment}) …`,
  });
}

export function stateMachinesDirectory({ root }) {
  return join(cacheDirectory(), `state-machines-${digest(join(root, STATE_MACHINES)).slice(0, 12)}`);
}

const STATE_MACHINES = 'test/lambda/requirements.txt';

/** What all clones of the project share. */
export function cacheDirectory() {
  const { SMLINEAGE_CACHE, XDG_CACHE_HOME } = process.env;
  return join(SMLINEAGE_CACHE ?? XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'smlineage');
}

function prepare({ root, say, environment, requirements, announcement }) {
  const stamp = join(environment, 'requirements.sha256');
  const wanted = digest(requirements);
  if (isStamped(stamp, wanted) && runs(join(environment, 'bin/python'))) return READY;

  const missing = missingPython();
  if (missing !== undefined) return missing;

  say(announcement);
  // From nothing: what an older list installed would stay otherwise.
  const steps = [
    ['python3', ['-m', 'venv', '--clear', environment]],
    [
      join(environment, 'bin/python'),
      ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements],
    ],
  ];
  for (const [command, args] of steps) {
    const { status, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
    if (status !== 0) return failed(`${command} ${args.join(' ')}`, error?.message ?? lastLine(stderr));
  }
  writeFileSync(stamp, `${wanted}\n`);
  return READY;
}

const READY = { ready: true, missing: [], advice: '' };

function digest(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function isStamped(stamp, wanted) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === wanted;
}

/** An environment outlives the Python that it was made with; then it starts no more. */
function runs(python) {
  return spawnSync(python, ['-c', '']).status === 0;
}

function missingPython() {
  const probe = 'import sys; print(*sys.version_info[:2]); import ensurepip, venv';
  const { status, stdout, error } = spawnSync('python3', ['-c', probe], { encoding: 'utf8' });
  const [major = 0, minor = 0] = (stdout ?? '').trim().split(' ').map(Number);
  const [needMajor, needMinor] = MINIMUM_PYTHON;
  const isOld = major < needMajor || (major === needMajor && minor < needMinor);
  if (error !== undefined || isOld) {
    return lacks(
      `python3 (${needMajor}.${needMinor} or newer)`,
      error === undefined ? `this is ${major}.${minor}` : 'there is none on PATH',
    );
  }
  if (status !== 0) return lacks('python3-venv', 'python3 has no venv module here');
  return undefined;
}

function lacks(what, found) {
  const advice = `The tests with the AWS CLI, the SageMaker Python SDK and the linters of templates need ${what}; ${found}. Install it (Debian: apt-get install python3 python3-venv) and run again.`;
  return { ready: false, missing: [what], advice };
}

function failed(step, reason) {
  const advice = `Python packages for the tests could not be installed: \`${step}\` failed (${reason}). Check the network and run again.`;
  return { ready: false, missing: ['Python packages'], advice };
}

function lastLine(text = '') {
  return text.trim().split('\n').at(-1) ?? '';
}
