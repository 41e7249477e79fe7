// What scripts/deploy.mjs and scripts/teardown.mjs run programs by.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What the AWS CLI prints; what it says of errors goes to stderr. Ends the process where it fails. */
export function aws(args) {
  return run('aws', args);
}

export function run(command, args) {
  const { status, stdout, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 2],
  });
  if (error !== undefined) fail(`${command} did not start: ${error.message}`);
  if (status !== 0) fail(`${shown([command, ...args])} failed with exit code ${status}.`);
  return stdout;
}

/** A command as a shell takes it. */
export function shown(words) {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}

export function say(line) {
  process.stderr.write(`${line}\n`);
}

export function fail(line, exitCode = 1) {
  say(line);
  process.exit(exitCode);
}
