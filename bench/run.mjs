// npm run bench [-- <name> …]: runs the named benchmarks, or all of them, and prints a table each.
import { readdirSync } from 'node:fs';

const folder = new URL('.', import.meta.url);
const all = readdirSync(folder)
  .filter((file) => file.endsWith('.bench.mjs'))
  .map((file) => file.replace('.bench.mjs', ''));
const chosen = process.argv.length > 2 ? process.argv.slice(2) : all;
const unknown = chosen.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`No benchmark is called ${unknown.join(', ')}; there are: ${all.join(', ')}.\n`);
  process.exit(2);
}
for (const name of chosen) {
  const { title, run } = await import(new URL(`${name}.bench.mjs`, folder));
  process.stdout.write(`\n${title}\n`);
  console.table(await run());
}
