import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** Rooms that put others together, and which rooms they may see. All others see themselves, graph/ and errors.ts. */
const SEES_SEVERAL: Readonly<Record<string, readonly string[]>> = {
  runs: ['crawl', 'csv', 'snapshot', 'neptune', 'lineage'],
  cli: ['crawl', 'csv', 'snapshot', 'neptune', 'lineage', 'render', 'runs', 'sandbox', 'sharing', 'config'],
  lambda: ['crawl', 'csv', 'snapshot', 'neptune', 'runs'],
  sandbox: [],
  'index.ts': [
    ...['crawl', 'csv', 'snapshot', 'neptune', 'lineage', 'render', 'runs', 'sandbox', 'sharing', 'config'],
  ],
};
const EVERYWHERE = ['graph', 'errors.ts'];

/** AWS clients that only one room may import (and the sandbox, which plays the other side). */
const CLIENT_OWNERS: Readonly<Record<string, readonly string[]>> = {
  '@aws-sdk/client-sagemaker': ['crawl', 'sandbox', 'sharing', 'cli'],
  '@aws-sdk/client-ram': ['sharing', 'cli'],
  '@aws-sdk/client-neptunedata': ['neptune', 'runs'],
  '@aws-sdk/client-neptune': ['neptune', 'runs', 'cli'],
  '@aws-sdk/client-sts': ['runs', 'cli'],
  '@aws-sdk/client-s3': ['neptune', 'runs', 'cli', 'lambda'],
  '@aws-sdk/lib-storage': ['neptune'],
};

/** What writes to SageMaker, and so is no crawl: samples, and the deletion of lineage. */
const WRITERS = /^runs\/(delete-lineage|purge|sample|sample-workflow)\.ts$/;

type Import = {
  readonly file: string;
  readonly room: string;
  readonly target: string;
  readonly dynamic: boolean;
};

function roomOf(path: string): string {
  return relative(SRC, path).split('/')[0] ?? '';
}

function importsOf(file: string): Import[] {
  const source = readFileSync(file, 'utf8');
  const statics = [...source.matchAll(/^(?:import|export)\b[^;]*?\bfrom '([^']+)'/gm)];
  const dynamics = [...source.matchAll(/\bimport\('([^']+)'\)/g)];
  const seen = (matches: RegExpExecArray[], dynamic: boolean) =>
    matches.map(([, target = '']) => ({ file: relative(SRC, file), room: roomOf(file), target, dynamic }));
  return [...seen(statics, false), ...seen(dynamics, true)];
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => join(SRC, path));
const imports = files.flatMap(importsOf);

test('a file imports from its own room, from graph/ and errors.ts; only runs/, cli/, sandbox/ and the door see several', () => {
  const trespasses = imports
    .filter(({ target }) => target.startsWith('.'))
    .filter(({ file, room, target }) => {
      const targetRoom = roomOf(join(SRC, dirname(file), target));
      return targetRoom !== room && ![...EVERYWHERE, ...(SEES_SEVERAL[room] ?? [])].includes(targetRoom);
    })
    .map(({ file, target }) => `${file} imports ${target}`);

  expect(trespasses).toEqual([]);
});

test('each AWS client is imported by the rooms that own it and by no other', () => {
  const trespasses = imports
    .filter(
      ({ room, target }) => CLIENT_OWNERS[target] !== undefined && !CLIENT_OWNERS[target]?.includes(room),
    )
    .filter(({ file, target }) => !(target === '@aws-sdk/client-sagemaker' && WRITERS.test(file)))
    .map(({ file, target }) => `${file} imports ${target}`);

  expect(trespasses).toEqual([]);
});

test('the command line reaches the pipeline and the sandbox by dynamic import only, so that --help loads no client', () => {
  const eager = imports
    .filter(({ room, target, dynamic }) => room === 'cli' && target.startsWith('..') && !dynamic)
    .filter(({ file, target }) => {
      const targetRoom = roomOf(join(SRC, dirname(file), target));
      return ![...EVERYWHERE, 'cli', 'render'].includes(targetRoom);
    })
    .filter(({ file, target }) => !isTypeOnly(file, target))
    .map(({ file, target }) => `${file} imports ${target}`);

  expect(eager).toEqual([]);
});

test('no file has a default export or a name that says nothing', () => {
  const nameless = files.filter((file) => /\/(utils?|helpers?|common|shared|misc|manager)\b/.test(file));

  expect(nameless).toEqual([]);
});

function isTypeOnly(file: string, target: string): boolean {
  const source = readFileSync(join(SRC, file), 'utf8');
  const statement = new RegExp(`^import (type )?[^;]*? from '${target.replaceAll('.', '\\.')}'`, 'm').exec(
    source,
  );
  return statement?.[1] !== undefined;
}
