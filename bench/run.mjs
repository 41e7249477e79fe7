// npm run bench [-- <name> … --<flag> …]: runs the named benchmarks, or all of them, and prints their tables; with
// --markdown as the docs hold them.
import { readdirSync } from 'node:fs';

const folder = new URL('.', import.meta.url);
const all = readdirSync(folder)
  .filter((file) => file.endsWith('.bench.mjs'))
  .map((file) => file.replace('.bench.mjs', ''));
const given = process.argv.slice(2);
const flags = new Set(given.filter((argument) => argument.startsWith('--')));
const named = given.filter((argument) => !argument.startsWith('--'));
const chosen = named.length > 0 ? named : all;
const unknown = chosen.filter((name) => !all.includes(name));
if (unknown.length > 0) fail(`No benchmark is called ${unknown.join(', ')}; there are: ${all.join(', ')}.`);

const benchmarks = await Promise.all(
  chosen.map((name) =>
    import(new URL(`${name}.bench.mjs`, folder)).then(({ FLAGS, run }) => ({ name, FLAGS, run })),
  ),
);
const known = new Set(['--markdown', ...benchmarks.flatMap(({ FLAGS = [] }) => FLAGS)]);
const strange = [...flags].filter((flag) => !known.has(flag));
if (strange.length > 0) fail(`Not known here: ${strange.join(', ')}; there are: ${[...known].join(', ')}.`);
for (const { run } of benchmarks) {
  for await (const { title, rows } of run(flags)) {
    process.stdout.write(`\n${title}\n`);
    if (flags.has('--markdown')) process.stdout.write(markdownTable(rows));
    else console.table(rows);
  }
}

function markdownTable(rows) {
  const columns = Object.keys(rows[0] ?? {});
  const lines = [
    columns,
    columns.map(() => '---'),
    ...rows.map((row) => columns.map((column) => row[column])),
  ];
  return `\n${lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('')}`;
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
