import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { preparePythonEnvironment } from '../../scripts/python-environment.mjs';

const READY = { ready: true, missing: [], advice: '' };

test('the environment is made once, and again from nothing when the requirements change', async () => {
  const root = await projectWith('# nothing\n');
  const said: string[] = [];
  const say = (line: string) => said.push(line);

  const first = preparePythonEnvironment({ root, say });
  const second = preparePythonEnvironment({ root, say });
  await writeFile(join(root, 'test/python/requirements.txt'), './nowhere\n');
  const changed = preparePythonEnvironment({ root, say });

  expect([first, second]).toEqual([READY, READY]);
  expect(existsSync(join(root, '.venv/bin/python'))).toBe(true);
  expect(said).toHaveLength(2);
  expect(changed).toEqual({
    ready: false,
    missing: ['Python packages'],
    advice: expect.stringMatching(
      /^Python packages for the tests could not be installed: `.* -m pip install .*requirements\.txt` failed \(.+\)\. Check the network and run again\.$/,
    ),
  });
});

test('without Python it says what to install', async () => {
  const root = await projectWith('');
  vi.stubEnv('PATH', root);
  onTestFinished(() => void vi.unstubAllEnvs());

  const prepared = preparePythonEnvironment({ root, say: () => undefined });

  expect(prepared).toEqual({
    ready: false,
    missing: ['python3 (3.10 or newer)'],
    advice:
      'The tests with the AWS CLI, the SageMaker Python SDK and the linters of templates need python3 (3.10 or newer); there is none on PATH. Install it (Debian: apt-get install python3 python3-venv) and run again.',
  });
});

async function projectWith(requirements: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'smlineage-python-'));
  onTestFinished(() => rm(root, { recursive: true }));
  await mkdir(join(root, 'test/python'), { recursive: true });
  await writeFile(join(root, 'test/python/requirements.txt'), requirements);
  return root;
}
