import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LineageError } from '../../../src/errors.ts';
import { findGremlinServer, installGremlinServer } from '../../../src/sandbox/neptune/gremlin-install.ts';

let cacheDirectory: string;
beforeEach(async () => {
  cacheDirectory = await mkdtemp(join(tmpdir(), 'gremlin-cache-'));
});
afterEach(async () => {
  await rm(cacheDirectory, { recursive: true, force: true });
});

const ADVICE =
  'The Gremlin engine needs java, javac, mvn, which are not on PATH. ' +
  'Install a JDK (17 or newer) and Maven, on Debian: apt-get install default-jdk-headless maven';

test('two installations at once leave one whole directory, which is then found ready', async () => {
  const before = await findGremlinServer({ cacheDirectory });
  const logs: string[] = [];
  const install = () => installGremlinServer({ cacheDirectory, log: (line) => logs.push(line) });

  const [first, second] = await Promise.all([install(), install()]);

  expect(before).toEqual({
    ready: false,
    missing: [],
    advice: 'Run `npm run demo` once: it fetches the jars of the Gremlin engine with Maven.',
  });
  expect(second).toEqual(first);
  expect(await findGremlinServer({ cacheDirectory })).toEqual({ ready: true, directory: first.directory });
  expect(await readdir(join(cacheDirectory, 'smlineage'))).toEqual([first.directory.split('/').at(-1)]);
  expect(await readdir(first.directory)).toEqual(
    expect.arrayContaining(['classes', 'lib', 'gremlin-server.yaml']),
  );
  expect(logs.filter((line) => line.includes('is ready in'))).toHaveLength(2);
});

test('where no Java is on PATH, both say what is missing and what to install', async () => {
  const options = { cacheDirectory, environment: { PATH: cacheDirectory } };

  expect(await findGremlinServer(options)).toEqual({
    ready: false,
    missing: ['java', 'javac', 'mvn'],
    advice: ADVICE,
  });
  const failure: unknown = await installGremlinServer({ ...options, log: () => undefined }).catch(
    (e: unknown) => e,
  );
  expect(failure).toBeInstanceOf(LineageError);
  expect(failure).toMatchObject({ outcome: 'usage', hint: ADVICE });
});

test('an installation that Maven fails leaves nothing behind', async () => {
  const environment = { ...process.env, MAVEN_OPTS: '-Dmaven.repo.local=/dev/null/nowhere' };

  const failure: unknown = await installGremlinServer({
    cacheDirectory,
    environment,
    log: () => undefined,
  }).catch((e: unknown) => e);

  expect(failure).toMatchObject({
    outcome: 'unexpected',
    message: expect.stringMatching(/^mvn failed while preparing the Gremlin engine: \S/),
  });
  expect(await readdir(join(cacheDirectory, 'smlineage'))).toEqual([]);
});

test('an installation that is called off leaves nothing behind', async () => {
  const signal = AbortSignal.timeout(300);

  const failure: unknown = await installGremlinServer({ cacheDirectory, signal, log: () => undefined }).catch(
    (e: unknown) => e,
  );

  expect(failure).toMatchObject({ name: 'TimeoutError' });
  expect(await readdir(join(cacheDirectory, 'smlineage'))).toEqual([]);
});
