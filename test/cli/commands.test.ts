import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { exampleDataset, exampleEndpoint } from '../../src/sandbox/generator/describe-projects.ts';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { cliHere } from './in-process.ts';
import { type Ended, smlineage, startSmlineage } from './smlineage.ts';

/* The commands, one after the other as a user types them. What depends on the process itself runs the real binary. */

const ACCOUNT = { entities: 500, seed: 5 };
const ENDPOINT = exampleEndpoint(ACCOUNT) ?? '';
const DATASET = exampleDataset(ACCOUNT) ?? '';
const ROLE = 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3';

let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smlineage-commands-'));
  sandbox = await startSandbox({ records: generateLineage(ACCOUNT) });
  for (const [name, value] of Object.entries(sandbox.environment)) vi.stubEnv(name, value);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await sandbox.close();
  await rm(folder, { recursive: true });
});

function cli(...args: readonly string[]): Promise<Ended> {
  return cliHere(args);
}

describe('export, upload, load, then questions', () => {
  let run: string;
  let uri: string;

  test('export prints the directory of the run on stdout and its progress on stderr', async () => {
    const { exitCode, stdout, stderr } = await cli('export', '--out', join(folder, 'runs'));

    run = stdout.trim();
    expect(exitCode).toBe(0);
    expect(await readdir(run)).toEqual(['data', 'index', 'lineage.bin', 'manifest.json', 'report.json']);
    expect(stderr).toMatch(/^artifact: \d+ records, \d+ pages, \d+ calls$/m);
  });

  test('export --output json prints what was written, and --quiet nothing besides', async () => {
    const { stdout, stderr } = await cli(
      'export',
      '--out',
      join(folder, 'more'),
      '--output',
      'json',
      '--quiet',
      '--gzip',
    );

    expect(stderr).toBe('');
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      complete: true,
      entities: 500,
      kinds: { artifact: { pages: expect.any(Number) } },
    });
    expect(await readdir(join(result.directory, 'data/edges'))).toEqual(['edges.csv.gz']);
  });

  test('export --log-format json writes one object a line', async () => {
    const { stderr } = await cli('export', '--out', join(folder, 'more'), '--log-format', 'json');

    const events = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).event);
    expect(new Set(events)).toEqual(new Set(['export.started', 'export.listing']));
  });

  test('upload prints the prefix that load takes, and sends nothing twice', async () => {
    const first = await cli('upload', run, '--to', 's3://lineage/nightly');
    const again = await cli('upload', run, '--to', 's3://lineage/nightly/');

    uri = first.stdout.trim();
    expect(uri).toMatch(/^s3:\/\/lineage\/nightly\/runs\/\d{8}T\d{6}\.\d{3}Z\/$/);
    expect(again.stdout).toBe(first.stdout);
    expect(again.stderr).toContain('Nothing to send');
  });

  test('load says what became of the load job and that the graph holds what the manifest says', async () => {
    const { exitCode, stdout } = await cli('load', uri, '--role', ROLE);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /LOAD_COMPLETED: [\d,]+ records in \d+ s; verified: [\d,]+ vertices and edges, label by label/,
    );
  });

  test('gremlin prints a line per result, or all as JSON', async () => {
    const manifest = JSON.parse(await readFile(join(run, 'manifest.json'), 'utf8'));

    expect((await cli('gremlin', "g.V().hasLabel('artifact').count()")).stdout).toBe(
      `${manifest.vertices.artifact}\n`,
    );
    expect(
      JSON.parse((await cli('gremlin', "g.V().hasLabel('experiment').count()", '--output', 'json')).stdout),
    ).toEqual([manifest.vertices.experiment]);
  });

  test('upstream and downstream give the same answer from the run directory and from Neptune', async () => {
    for (const [question, start] of [
      ['upstream', ENDPOINT],
      ['downstream', DATASET],
    ] as const) {
      const fromRun = await cli(question, start, '--graph', run, '--output', 'json');
      const fromNeptune = await cli(question, start, '--graph', sandbox.url, '--output', 'json');

      expect(fromRun.exitCode).toBe(0);
      const { source, ...answer } = JSON.parse(fromRun.stdout);
      expect(JSON.parse(fromNeptune.stdout)).toEqual({ ...answer, source: { graph: sandbox.url } });
      expect(source).toEqual({ graph: run, run: basename(run), finishedAt: expect.any(String) });
    }
  });

  test('an answer as a table ends in whether it is complete', async () => {
    const all = await cli('upstream', ENDPOINT, '--graph', run, '--type', 'DataSet');
    const cut = await cli('upstream', ENDPOINT, '--graph', run, '--depth', '1');

    expect(all.stdout.trim().split('\n').at(-1)).toMatch(/^\d+ of \d+ entities upstream of .*; complete$/);
    expect(cut.stdout.trim().split('\n').at(-1)).toMatch(/; NOT complete: there is more beyond depth 1$/);
  });
});

test('on a terminal, progress is one passing line, taken away before anything else is written', async () => {
  const { exitCode, stdout, stderr } = await cliHere(['export', '--out', join(folder, 'shown')], {
    columns: 60,
  });

  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^\S+\n$/);
  const clear = '\r\u001b[2K';
  expect(stderr.startsWith('Run ')).toBe(true);
  expect(stderr.endsWith(clear)).toBe(true);
  const passing = stderr.split(clear).filter((text) => text !== '' && !text.endsWith('\n'));
  expect(passing.length).toBeGreaterThan(0);
  for (const line of passing) expect(line.length).toBeLessThan(60);
});

test('in a terminal of 80 columns an answer keeps to 80 columns', async () => {
  const out = join(folder, 'narrow');
  const run = (await cli('export', '--out', out, '--quiet')).stdout.trim();
  const { stdout } = await cliHere(['upstream', ENDPOINT, '--graph', run, '--type', 'DataSet'], {
    columns: 80,
  });

  const table = stdout.trim().split('\n').slice(0, -1);
  expect(table.length).toBeGreaterThan(1);
  for (const line of table) expect(line.length).toBeLessThanOrEqual(80);
});

describe('sandbox', () => {
  test('prints the variables that point AWS clients at it, serves, and ends cleanly on SIGTERM', async () => {
    const child = startSmlineage(['sandbox', '--entities', '100', '--no-gremlin']);
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line.includes('AWS_SECRET_ACCESS_KEY')) break;
    }
    const env = Object.fromEntries(
      lines.map((line) => line.replace(/^export /, '').split('=') as [string, string]),
    );
    const exported = await smlineage(['export', '--out', join(folder, 'other'), '--output', 'json'], { env });
    child.kill('SIGTERM');
    const [exitCode] = await once(child, 'close');

    expect(Object.keys(env)).toContain('AWS_ENDPOINT_URL_NEPTUNEDATA');
    expect(JSON.parse(exported.stdout)).toMatchObject({ entities: 100 });
    expect(exitCode).toBe(0);
  });
});

test('a first Ctrl-C stops an export within a page and says so with exit code 130', async () => {
  const slow = await startSandbox({ records: generateLineage(ACCOUNT), gremlin: false, latencyMs: 300 });
  const child = startSmlineage(['export', '--out', join(folder, 'stopped')], { env: slow.environment });
  for await (const line of createInterface({ input: child.stderr })) if (line.startsWith('Run ')) break;
  child.kill('SIGINT');
  const [exitCode] = await once(child, 'close');
  await slow.close();

  expect(exitCode).toBe(130);
  expect((await readdir(join(folder, 'stopped'))).every((name) => name.endsWith('.partial'))).toBe(true);
});

describe('demo', () => {
  test('tells the whole story, with the same facts as JSON', async () => {
    const out = join(folder, 'demo');
    const told = await cli('demo', '--out', out, '--entities', '500');
    const facts = await cli('demo', '--out', out, '--entities', '500', '--json');

    expect([told.exitCode, facts.exitCode]).toEqual([0, 0]);
    const { crawl, files, load, graph, answers, directory } = JSON.parse(facts.stdout);
    expect(load.status).toBe('LOAD_COMPLETED');
    expect(graph.verified).toBe(true);
    expect(await readdir(directory)).toContain('manifest.json');
    expect(answers.datasetsBehindEndpoint).toMatchObject({ complete: true, direction: 'upstream' });
    expect(answers.endpointsOfDataset).toMatchObject({ complete: true, direction: 'downstream' });
    expect(told.stdout).toContain(
      `${crawl.entities} entities, ${crawl.associations.toLocaleString('en-US')} associations`,
    );
    for (const { name } of files) expect(told.stdout).toContain(name);
    for (const { query, results } of answers.queries) {
      expect(told.stdout).toContain(query);
      expect(told.stdout).toContain(`… ${results.toLocaleString('en-US')} results`);
    }
  });

  test('without Java says what it left out and why, and answers from the run directory', async () => {
    const { exitCode, stdout, stderr } = await smlineage(
      ['demo', '--out', join(folder, 'bare'), '--entities', '500'],
      {
        env: { PATH: '/nonexistent' },
      },
    );

    expect(exitCode).toBe(0);
    expect(stderr).toContain('No Gremlin engine: The Gremlin engine needs java');
    expect(stdout).toContain('Gremlin was left out');
    expect(stdout).toMatch(/^\d+ of \d+ entities upstream of .*; complete$/m);
    expect(stdout).toMatch(/^\d+ of \d+ entities downstream of .*; complete(;|$)/m);
  });
});

test('--help of the program and of every command shows an example', async () => {
  const help = await cli('--help');
  const names = [...help.stdout.matchAll(/^ {2}([\w-]+) (?:\[options\])/gm)].map(([, name = '']) => name);

  expect(names).toEqual(COMMANDS.map(({ name }) => name));
  for (const name of names) expect((await cli(name, '--help')).stdout).toContain(`$ smlineage ${name}`);
});
