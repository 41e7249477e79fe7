import { buildIfStale } from '../scripts/build.mjs';

/** The tests of the command line run the real binary, which must be what the sources say. */
export function setup(): void {
  buildIfStale((line) => process.stderr.write(`${line}\n`));
}
