import { spawn } from 'node:child_process';
import { chmodSync, readdirSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { buildImage, type Image } from './dockerfile.ts';

/*
 * What the Dockerfile makes, step by step and with its Node, without a container engine; then `sync` runs in it as its user.
 * Where the machine lets us, in a mount namespace whose root is read-only but for /data and /tmp; elsewhere the files of the
 * image may not be written.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const IS_ROOT = process.getuid?.() === 0;

let folder: string;
let image: Image;
let sandbox: Sandbox;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smlineage-image-'));
  // Whatever made these folders: the image's user has to get at what is below.
  for (let at = folder; at !== tmpdir() && at !== '/'; at = join(at, '..')) await chmod(at, 0o755);
  if (IS_ROOT) await chmod(tmpdir(), 0o755);
  image = await buildImage(await readFile(join(ROOT, 'Dockerfile'), 'utf8'), ROOT, folder);
  sandbox = await startSandbox({ records: generateLineage({ entities: 200, seed: 8 }) });
  // All of the development dependencies are installed once more.
}, 600_000);

afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true });
});

test('the image holds what runs, and nothing that only builds', () => {
  const installed = readdirSync(join(image.root, 'opt/smlineage')).sort();
  const modules = readdirSync(join(image.root, 'opt/smlineage/node_modules'));

  expect(installed).toEqual(['LICENSE', 'bin', 'dist', 'gremlin-server', 'node_modules', 'package.json']);
  expect(modules).toContain('commander');
  expect(modules.filter((name) => ['vitest', 'typescript', 'esbuild'].includes(name))).toEqual([]);
});

test('sync runs in the image as its user, who can write to /data and /tmp alone', async () => {
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  await chmod(temporary, 0o777);
  takeWriting(join(image.root, 'opt'));

  const { stdout, stderr, exitCode } = await inImage(temporary, [
    ...['sync', '--to', 's3://lineage/nightly', '--endpoint', sandbox.url],
    ...['--role', 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3', '--out', '.', '--output', 'json'],
  ]);

  expect([exitCode, stderr.includes('EROFS'), stderr.includes('EACCES')]).toEqual([0, false, false]);
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'synced', error: null });
  const { uid } = statSync(join(image.root, 'data', JSON.parse(stdout).run));
  expect(uid).toBe(IS_ROOT ? 1000 : process.getuid?.());
});

/** Runs the entrypoint with these arguments in the image's working directory, as the image's user. */
async function inImage(temporary: string, args: readonly string[]) {
  const data = join(image.root, image.workdir);
  const [uid = '', gid = ''] = image.user.split(':');
  const command = [...image.entrypoint, ...args];
  const readOnly = [
    'mount --make-rprivate /',
    'mount --bind "$0" "$0"',
    'mount --bind "$1" "$1"',
    'mount -o remount,bind,ro /',
    '! touch /smlineage 2>/dev/null',
    'cd "$0"',
    'uid=$2 gid=$3',
    'shift 3',
    'exec setpriv --reuid "$uid" --regid "$gid" --clear-groups --no-new-privs "$@"',
  ].join(' && ');
  const canRemount = IS_ROOT && (await ends('unshare', ['--mount', 'mount', '--make-rprivate', '/'])) === 0;
  const [program = '', ...words] = canRemount
    ? ['unshare', '--mount', 'sh', '-c', readOnly, data, temporary, uid, gid, ...command]
    : command;
  const child = spawn(program, words, {
    cwd: data,
    // No HOME: the user of an image on Kubernetes may have none.
    env: { PATH: process.env.PATH, TMPDIR: temporary, ...image.env, ...sandbox.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(IS_ROOT && !canRemount ? { uid: Number(uid), gid: Number(gid) } : {}),
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject)),
  ]);
  return { stdout, stderr, exitCode };
}

function takeWriting(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    if (entry.isSymbolicLink()) continue;
    const file = join(entry.parentPath, entry.name);
    chmodSync(file, statSync(file).mode & 0o555);
  }
}

function ends(program: string, args: readonly string[]): Promise<number | null> {
  return new Promise((resolve) => {
    spawn(program, args, { stdio: 'ignore' })
      .once('close', resolve)
      .once('error', () => resolve(null));
  });
}
