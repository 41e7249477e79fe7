// Compiles src/ to dist/. `node scripts/build.mjs` does it always, `buildIfStale()` where a source is newer.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

if (process.argv[1] === fileURLToPath(import.meta.url)) build();

/** Compiles where dist/ is missing or older than what it is made from. `say` hears of it first. */
export function buildIfStale(say) {
  if (isBuilt()) return;
  say('Compiling src/ to dist/ …');
  build();
}

function build() {
  // From an empty dist/, so that a deleted source leaves nothing behind.
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) {
    rmSync(join(root, 'dist'), { recursive: true, force: true });
    process.stderr.write('The sources do not compile.\n');
    process.exit(1);
  }
  bundlePage();
}

/** What an HTML page has inlined: its script as one file, its style and its body. */
function bundlePage() {
  const [from, to] = ['src', 'dist'].map((folder) => join(root, folder, 'render/page/browser'));
  mkdirSync(to, { recursive: true });
  for (const file of ['style.css', 'body.html']) copyFileSync(join(from, file), join(to, file));
  buildSync({
    entryPoints: [join(from, 'main.js')],
    outfile: join(to, 'client.js'),
    bundle: true,
    minify: true,
    charset: 'utf8',
    format: 'iife',
    target: 'es2022',
    logLevel: 'error',
  });
}

function isBuilt() {
  const built = join(root, 'dist/index.js');
  if (!existsSync(built)) return false;
  const builtAt = statSync(built).mtimeMs;
  const sources = readdirSync(join(root, 'src'), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map((name) =>
    join(root, name),
  );
  return [...sources, ...settings].every((path) => statSync(path).mtimeMs <= builtAt);
}
