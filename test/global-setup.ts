import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildIfStale } from '../scripts/build.mjs';

/**
 * The tests of the command line run the real binary, which must be what the sources say. What tests leave in the
 * directory for temporary files, here one of their own, goes when they end.
 */
export function setup(): () => void {
  buildIfStale((line) => process.stderr.write(`${line}\n`));
  const directory = mkdtempSync(join(tmpdir(), 'smlineage-tests-'));
  process.env.TMPDIR = directory;
  return () => rmSync(directory, { recursive: true, force: true });
}
