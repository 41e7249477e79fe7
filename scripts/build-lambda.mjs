// Bundles each handler of src/lambda/ with all that it imports: dist/lambda/<name>/index.mjs, for Lambda's Node 22 on any processor.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The functions of the state machine, by the names of their files. */
export const FUNCTIONS = [
  'begin',
  'plan-shards',
  'crawl',
  'merge',
  'check',
  'plan',
  'start-load',
  'poll-load',
  'verify',
  'remove',
  'move-state',
  'report',
];

/** Bundles all functions to folders of their own. @returns the files, by the functions' names */
export async function buildLambda(to = join(root, 'dist/lambda')) {
  const files = Object.fromEntries(FUNCTIONS.map((name) => [name, join(to, name, 'index.mjs')]));
  for (const entry of existing(to))
    if (FUNCTIONS.includes(entry)) rmSync(join(to, entry), { recursive: true });
  await build({
    entryPoints: FUNCTIONS.map((name) => ({ in: join(root, `src/lambda/${name}.ts`), out: `${name}/index` })),
    outdir: to,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    // Error names and stack traces are read by people, and by the state machine.
    keepNames: true,
    charset: 'utf8',
    format: 'esm',
    platform: 'node',
    target: 'node22',
    // Parts of the SDK are CommonJS, which asks for what an ES module does not have.
    banner: {
      js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
    },
    mainFields: ['module', 'main'],
    legalComments: 'none',
    logLevel: 'error',
    plugins: [toolAsText],
  });
  return files;
}

/** Package and version, which elsewhere are read from package.json: a function has no other file than its bundle. */
const toolAsText = {
  name: 'tool-as-text',
  setup({ onLoad }) {
    onLoad({ filter: /src\/graph\/tool\.ts$/ }, () => {
      const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
      return { contents: `export const TOOL = ${JSON.stringify(`${name} ${version}`)};`, loader: 'ts' };
    });
  },
};

function existing(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildLambda();
