import { readFileSync } from 'node:fs';

const { name, version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { readonly name: string; readonly version: string };

/** This package and its version, as a run's manifest and report name them. */
export const TOOL = `${name} ${version}`;
