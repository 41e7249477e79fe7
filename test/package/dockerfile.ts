import { execFile } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

/** What a Dockerfile makes, in a folder in place of an image. */
export type Image = {
  /** Stands for `/` of the last stage. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  /** `uid:gid` */
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
};

type Stage = { readonly name: string; readonly root: string; readonly node: string };

const execute = promisify(execFile);

/**
 * Does what the instructions of a Dockerfile say, stage by stage, in `folder`, with the Node that each stage is from, as
 * the npm package `node` has it. Of absolute paths in RUN those are known that WORKDIR or COPY name, and `/data`.
 */
export async function buildImage(dockerfile: string, context: string, folder: string): Promise<Image> {
  const args = new Map<string, string>();
  const stages: Stage[] = [];
  const env: Record<string, string> = {};
  let [workdir, user] = ['/', '0:0'];
  let entrypoint: readonly string[] = [];
  let cmd: readonly string[] = [];
  for (const [instruction, rest] of instructions(dockerfile)) {
    const stage = stages.at(-1);
    const text = rest.replace(/\$\{(\w+)\}/g, (_, name: string) => args.get(name) ?? '');
    if (instruction === 'ARG') args.set(...pair(text));
    else if (instruction === 'FROM') {
      const [, version = '', name = String(stages.length)] =
        /^node:(\w+)-slim(?: AS (\w+))?$/.exec(text) ?? [];
      const root = join(folder, name);
      const node = join(root, 'usr/local/bin/node');
      // Where npm keeps it, the user of an image could not read it.
      cpSync(await nodeOf(version), node, { dereference: true });
      stages.push({ name, root, node });
      workdir = '/';
    } else if (stage === undefined) throw new Error(`${instruction} stands before FROM`);
    else if (instruction === 'WORKDIR') {
      workdir = text;
      mkdirSync(join(stage.root, workdir), { recursive: true });
    } else if (instruction === 'COPY') copy(text, stages, join(stage.root, workdir), context);
    else if (instruction === 'RUN') await shell(text, stage, join(stage.root, workdir));
    else if (instruction === 'ENV') Object.assign(env, Object.fromEntries([pair(text)]));
    else if (instruction === 'USER') user = text;
    else if (instruction === 'ENTRYPOINT') entrypoint = JSON.parse(text);
    else if (instruction === 'CMD') cmd = JSON.parse(text);
    else throw new Error(`${instruction} is not known`);
  }
  const { root = '', node = '' } = stages.at(-1) ?? {};
  const [program = '', ...more] = entrypoint;
  return {
    ...{ root, workdir, env, user, cmd },
    entrypoint: [
      program === 'node' ? node : program,
      ...more.map((word) => (word.startsWith('/') ? join(root, word) : word)),
    ],
  };
}

function instructions(dockerfile: string): readonly (readonly [string, string])[] {
  return dockerfile
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, instruction = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
      return [instruction, rest] as const;
    });
}

function pair(text: string): [string, string] {
  const [name = '', ...value] = text.split('=');
  return [name, value.join('=')];
}

function copy(text: string, stages: readonly Stage[], workdir: string, context: string): void {
  const words = text.split(' ');
  const from = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) : undefined;
  const source = from === undefined ? context : (stages.find(({ name }) => name === from)?.root ?? '');
  const to = words.pop() ?? '';
  for (const word of words) {
    const isInto = to === '.' || to === './' || to.endsWith('/');
    cpSync(join(source, word), join(workdir, to, isInto ? basename(word) : ''), { recursive: true });
  }
}

async function shell(script: string, { root, node }: Stage, cwd: string): Promise<void> {
  const rooted = script.replace(/(?<= )\/data\b/g, join(root, 'data'));
  // Who is not root here owns all of it anyway.
  const command = process.getuid?.() === 0 ? rooted : `chown() { :; }; ${rooted}`;
  await execute('sh', ['-c', command], {
    cwd,
    env: {
      ...process.env,
      PATH: `${join(node, '..')}:${process.env.PATH}`,
      npm_config_prefer_offline: 'true',
    },
    maxBuffer: 64 * 2 ** 20,
  });
}

async function nodeOf(version: string): Promise<string> {
  const args = ['--yes', '--package', `node@${version}`, 'node', '--print', 'process.execPath'];
  const { stdout } = await execute('npx', args);
  return stdout.trim();
}
