import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

/* What npm would publish, judged as it stands in the tarball, and used as it is installed from there. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const run = promisify(execFile);

type Packed = { readonly filename: string; readonly files: readonly { readonly path: string }[] };

let folder: string;
let packed: Packed;
let project: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smlineage-package-'));
  // dist/ is what the sources say already; `prepack` would take it away from tests that run now.
  const { stdout } = await npm(ROOT, 'pack', '--ignore-scripts', '--json', '--pack-destination', folder);
  [packed] = JSON.parse(stdout) as [Packed];
  project = join(folder, 'project');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{"private": true, "type": "module"}\n');
  await npm(
    project,
    ...['install', '--prefer-offline', '--no-audit', '--no-fund'],
    ...[tarball(), '@types/node@20'],
  );
});

afterAll(() => rm(folder, { recursive: true }));

test('the tarball holds what is used, and neither sources nor tests', () => {
  const tops = new Set(packed.files.map(({ path }) => path.split('/')[0]));

  expect([...tops].sort()).toEqual(
    [
      ...['CHANGELOG.md', 'CONTEXT.md', 'LICENSE', 'README.md', 'package.json'],
      ...['bin', 'cloudformation', 'dist', 'docs', 'gremlin-server', 'notebooks'],
    ].sort(),
  );
  expect(
    packed.files.filter(({ path }) => /\.(map|test\.\w+|tsbuildinfo)$|(?<!\.d)\.ts$/.test(path)),
  ).toEqual([]);
});

test('publint finds nothing', async () => {
  const { messages, pkg } = await publint({
    pkgDir: join(project, 'node_modules/sagemaker-lineage-neptune'),
    pack: false,
    strict: true,
  });

  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

test('arethetypeswrong finds nothing, for whoever imports modules', async () => {
  const data = await readFile(tarball());
  const checked = await checkPackage(createPackageFromTarballData(new Uint8Array(data)));
  const { types, problems = [] } = checked as Partial<Extract<typeof checked, { types: object }>>;
  // A package of ES modules: `require` from CommonJS is refused by design, and resolution as of Node 10 knows no exports.
  const elsewhere = ['node10', 'node16-cjs'];
  const found = problems.filter(
    (problem) => !('resolutionKind' in problem && elsewhere.includes(problem.resolutionKind)),
  );

  expect(types).toMatchObject({ kind: 'included' });
  expect(found).toEqual([]);
});

test('npx smlineage demo works in an empty project that installed the tarball', async () => {
  const { stdout } = await npm(project, 'exec', '--no', '--', 'smlineage', 'demo', '--entities', '300');

  expect(stdout).toContain('Verified: the graph holds what the manifest says');
});

test.each([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])(
  'TypeScript with module %s and resolution %s finds the functions and their types',
  async (module, moduleResolution) => {
    await writeFile(
      join(project, 'use.ts'),
      [
        "import { edgeId, PERMISSIONS, type Permission } from 'sagemaker-lineage-neptune';",
        "export const id: string = edgeId('a', 'b', 'c');",
        'export const first: Permission | undefined = PERMISSIONS[0];',
        '// @ts-expect-error: what is not there is not `any`.',
        "export { nothing } from 'sagemaker-lineage-neptune';",
      ].join('\n'),
    );
    const target = { target: 'es2023', lib: ['es2023'], types: ['node'], noEmit: true };
    const compilerOptions = { ...target, module, moduleResolution, strict: true, skipLibCheck: false };
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));

    await expect(run(process.execPath, [TSC, '-p', '.'], { cwd: project })).resolves.toEqual({
      stdout: '',
      stderr: '',
    });
  },
);

test('without the folder of the Gremlin engine the sandbox serves all but the graph', async () => {
  const installed = join(project, 'node_modules/sagemaker-lineage-neptune');
  await rm(join(installed, 'gremlin-server'), { recursive: true });
  const sandbox = spawn(
    process.execPath,
    [join(installed, 'bin/smlineage.mjs'), 'sandbox', '--no-gremlin', '--port', '0', '--entities', '10'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void sandbox.kill());

  const [printed] = await once(sandbox.stdout, 'data');

  expect(String(printed)).toContain('export AWS_ENDPOINT_URL_SAGEMAKER=');
});

function tarball(): string {
  return join(folder, packed.filename);
}

function npm(cwd: string, ...args: readonly string[]) {
  return run('npm', args, { cwd, maxBuffer: 64 * 2 ** 20 });
}
