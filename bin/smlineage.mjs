#!/usr/bin/env node
// A committed file, since npm links a command when it installs the package: in a clone, before dist/ is there.
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main);
} else {
  process.stderr.write('smlineage: This clone is not compiled yet.\n  Run `npm run build` in it first.\n');
  process.exitCode = 2;
}
