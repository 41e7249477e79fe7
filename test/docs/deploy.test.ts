import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { COMMANDS } from '../../src/cli/commands.ts';
import { withCommonOptions } from '../../src/cli/options.ts';
import { inputSchema } from '../../src/lambda/contracts.ts';

/* What nobody can run without AWS or a container engine: its flags and files are there at least. */

const ROOT = new URL('../../', import.meta.url);
const PAGES = [
  'docs/deploy.md',
  'docs/container.md',
  'docs/operate.md',
  'docs/migrate.md',
  ...readdirSync(new URL('cloudformation/', ROOT))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => `cloudformation/${name}`),
];

type Container = {
  readonly args: readonly string[];
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly mountPath: string }[];
};

test.each(PAGES)('every command line of %s has flags that its command takes', (page) => {
  const lines = read(page).matchAll(
    /(?:^\$ (?:\w+=\$\()?|Value: !Sub | && )(?:docker run .* )?smlineage (\w+) (.*?)\)?$/gm,
  );
  const unknown = [...lines].flatMap(([, name = '', flags = '']) => unknownFlags(name, flags.split(' ')));

  expect(unknown).toEqual([]);
});

test('every alarm of the nightly has its part of docs/operate.md, which its description names', () => {
  const template = read('cloudformation/nightly.yaml');
  const named = [
    ...template.matchAll(
      /AlarmName: !Sub \$\{AWS::StackName\}-(.+)\n +AlarmDescription: .* docs\/operate\.md, "(.+)"\.$/gm,
    ),
  ];
  const [, alarms = ''] = read('docs/operate.md').split('## Alarms\n');
  const parts = [...(alarms.split(/^## /m)[0] ?? '').matchAll(/^### (.*)$/gm)].map(([, name]) => name);

  expect(named.map(([, name]) => name)).toEqual(parts);
  expect(named.map(([, , heading]) => heading)).toEqual(parts);
});

test('the parameters that docs/deploy.md gives the nightly are those of its template', () => {
  const [, rest = ''] = read('docs/deploy.md').split('## The nightly\n');
  const [section = ''] = rest.split(/^## /m);
  const [, parameters = ''] =
    /^Parameters:\n(.*?)^Conditions:/ms.exec(read('cloudformation/nightly.yaml')) ?? [];
  const declared = [...parameters.matchAll(/^ {2}(\w+):$/gm)].map(([, name = '']) => name);
  const told = [...section.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, names = '']) =>
    names.split(', ').map((name) => name.replaceAll('`', '')),
  );
  const used = [...section.matchAll(/\b([A-Z]\w+)=/g)].map(([, name = '']) => name);

  expect(told.sort()).toEqual(declared.sort());
  expect(used.filter((name) => !declared.includes(name))).toEqual([]);
});

test('what docs/deploy.md tells a night, its first step understands', () => {
  const [, input = ''] = /^```json\n(.*?)^```$/ms.exec(read('docs/deploy.md')) ?? [];
  const [, others = ''] = /What else there is \(([^)]*)\)/.exec(read('docs/deploy.md')) ?? [];
  const told = inputSchema.safeParse(JSON.parse(input));
  const names = [...Object.keys(JSON.parse(input)), ...others.matchAll(/`(\w+)`/g)].map((name) =>
    typeof name === 'string' ? name : (name[1] ?? ''),
  );

  expect(told).toMatchObject({ success: true });
  expect(Object.keys(inputSchema.shape).filter((name) => !names.includes(name))).toEqual([
    'allowFewerColumns',
  ]);
  expect(names.filter((name) => !(name in inputSchema.shape))).toEqual([]);
});

test('a command of a page is run by a test, or marked as needing AWS', () => {
  const run = readFileSync(new URL('test/docs/docs.test.ts', ROOT), 'utf8');
  const pages = readdirSync(new URL('docs/', ROOT)).filter((name) => name.endsWith('.md'));
  const blocks = pages.flatMap((name) =>
    [...read(`docs/${name}`).matchAll(/^```(sh|console|bash|shell)\n(.*?)^```$/gms)].map(
      ([, language = '', text = '']) => ({ page: `docs/${name}`, language, text }),
    ),
  );
  const unproved = blocks.filter(({ page, language, text }) => {
    if (language === 'sh') return !text.startsWith('npm ') && !run.includes(`'${page}'`);
    return language !== 'console' || !/needs? (an )?(AWS|a container engine)/i.test(read(page));
  });

  expect(unproved.map(({ page, text }) => `${page}: ${text}`)).toEqual([]);
});

test('the CronJob runs a command that is there, as nobody, on a read-only root', () => {
  const [, yaml = ''] = /^```yaml\n(.*?)^```$/ms.exec(read('docs/container.md')) ?? [];
  const [, job] = parseAllDocuments(yaml).map((document) => document.toJS());
  const pod = job.spec.jobTemplate.spec.template.spec;
  const [{ args, securityContext, volumeMounts }]: readonly [Container] = pod.containers;
  const [command = '', ...flags] = args;

  expect(unknownFlags(command, flags)).toEqual([]);
  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
  expect(securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  expect(volumeMounts.map(({ mountPath }) => mountPath)).toEqual(['/data', '/tmp']);
});

test('what the Dockerfile copies is there, and is not kept from it; its user is not root', () => {
  const dockerfile = read('Dockerfile');
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, from = '']) =>
    from.split(' '),
  );
  const admitted = [...read('.dockerignore').matchAll(/^!(.*)$/gm)].map(([, name = '']) => name);

  expect(copied.filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([]);
  expect([...new Set(copied)].sort()).toEqual(admitted.sort());
  expect([...dockerfile.matchAll(/^USER (.*)$/gm)].map(([, user]) => user)).toEqual(['1000:1000']);
});

function unknownFlags(name: string, words: readonly string[]): readonly string[] {
  const spec = COMMANDS.find((one) => one.name === name);
  if (spec === undefined) return [name];
  const { options } = withCommonOptions(spec.configure(new Command(name)), spec.outputs);
  const known = options.map(({ long }) => long);
  return words
    .filter((word) => word.startsWith('--'))
    .map((word) => word.replace(/=.*/, ''))
    .filter((flag) => !known.includes(flag));
}

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}
