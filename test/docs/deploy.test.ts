import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { COMMANDS } from '../../src/cli/commands.ts';
import { withCommonOptions } from '../../src/cli/options.ts';

/* What nobody can run without AWS or a container engine: its flags and files are there at least. */

const ROOT = new URL('../../', import.meta.url);
const PAGES = [
  'docs/deploy.md',
  'docs/container.md',
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
  const lines = read(page).matchAll(/(?:^\$ |Value: !Sub | && )(?:docker run .* )?smlineage (\w+) (.*)$/gm);
  const unknown = [...lines].flatMap(([, name = '', flags = '']) => unknownFlags(name, flags.split(' ')));

  expect(unknown).toEqual([]);
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
