import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

type LockedPackage = {
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

const lockfile = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
const packages: Readonly<Record<string, LockedPackage>> = JSON.parse(lockfile).packages;

test('the lockfile holds the packages of every platform, or `npm ci` refuses it', () => {
  const locked = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/'))));
  const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
    Object.keys(optionalDependencies),
  );

  expect(wanted.filter((name) => !locked.has(`node_modules/${name}`))).toEqual([]);
});

test('the lockfile ties nobody to one registry', () => {
  expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
});
