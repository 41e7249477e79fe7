// The Python clients that judge the sandbox (test/python/requirements.txt), in a virtual environment of the project.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the AWS CLI and boto3 of the requirements ask for. */
const MINIMUM_PYTHON = [3, 10];

/**
 * Makes `.venv/` under `root` hold what test/python/requirements.txt lists; does nothing where it does already.
 * `missing` names what the machine lacks, `advice` says what to do about it: empty once `ready`.
 */
export function preparePythonEnvironment({ root, say }) {
  const requirements = join(root, 'test/python/requirements.txt');
  const environment = join(root, '.venv');
  const stamp = join(environment, 'requirements.sha256');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (isStamped(stamp, wanted) && runs(join(environment, 'bin/python'))) return READY;

  const missing = missingPython();
  if (missing !== undefined) return missing;

  say('Installing the SageMaker Python SDK, boto3 and the AWS CLI for the tests (.venv) …');
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
  const advice = `The tests with the AWS CLI and the SageMaker Python SDK need ${what}; ${found}. Install it (Debian: apt-get install python3 python3-venv) and run again.`;
  return { ready: false, missing: [what], advice };
}

function failed(step, reason) {
  const advice = `Python packages for the tests could not be installed: \`${step}\` failed (${reason}). Check the network and run again.`;
  return { ready: false, missing: ['Python packages'], advice };
}

function lastLine(text = '') {
  return text.trim().split('\n').at(-1) ?? '';
}
