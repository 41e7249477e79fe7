import { readFileSync } from 'node:fs';

type PackageJson = { readonly name: string; readonly version: string };

const { name, version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as PackageJson;

/** The version of this package. */
export const VERSION = version;

/** This package and its version, as a run's manifest and report name them. */
export const TOOL = `${name} ${version}`;
