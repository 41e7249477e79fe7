import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arn, edgeRow, smallAccount, vertexRow, writtenRun } from '../runs/written-run.ts';
import { cliHere } from './in-process.ts';

/* The commands over two runs on disk: what they print, and what they exit with. */

let folder: string;
let before: string;
let after: string;
const RUNS = { before: '20261120T000000.000Z', after: '20261121T000000.000Z' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smlineage-diff-'));
  const { vertices, edges } = smallAccount();
  const added = edgeRow(arn('artifact/raw'), 'DerivedFrom', arn('artifact/model'));
  ({ directory: before } = await writtenRun({ vertices, edges }, { time: new Date('2026-11-20T00:00:00Z') }));
  ({ directory: after } = await writtenRun(
    {
      vertices: [
        ...vertices.filter(({ id, kind }) => kind !== 'trial' && id !== arn('artifact/model')),
        vertexRow('artifact', arn('artifact/model'), { type: 'Model', name: '=model, 2' }),
      ],
      edges: [...edges.filter(({ label }) => label !== 'HasTrialComponent'), added],
    },
    { time: new Date('2026-11-21T00:00:00Z') },
  ));
});

afterAll(() => rm(folder, { recursive: true }));

describe('diff', () => {
  test('prints a table of changes, then how many of each kind', async () => {
    const { exitCode, stdout, stderr } = await cliHere(['diff', before, after, '--kinds', 'artifact,trial']);

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '))).toEqual([
      'change | kind | id | columns',
      `updated | artifact | ${arn('artifact/model')} | name: (nothing) -> =model, 2`,
      `removed | trial | ${arn('experiment-trial/night')}`,
      '',
      'kind | before | added | updated | removed | after',
      'artifact | 4 | 0 | 1 | 0 | 4',
      'trial | 1 | 0 | 0 | 1 | 0',
      'all | 5 | 0 | 1 | 1 | 4',
      '',
    ]);
  });

  test('shows no more changes than --limit, and says how many there are', async () => {
    const { stdout, stderr } = await cliHere(['diff', before, after, '--limit', '1']);

    expect(stdout.split('\n')[1]).toContain('artifact/model');
    expect(stdout).toContain('edge');
    expect(stderr).toBe('4 changes are not shown (--limit)\n');
  });

  test('prints JSON as one document and as lines, and CSV that opens safely in a spreadsheet', async () => {
    const [json, lines, csv] = await Promise.all(
      ['json', 'jsonl', 'csv'].map((output) => cliHere(['diff', before, after, '--output', output])),
    );

    const document = JSON.parse(json?.stdout ?? '');
    expect(document).toMatchObject({ ...RUNS, complete: true, notes: [] });
    expect(document.counts.edge).toMatchObject({ added: 1, removed: 2 });
    expect(document.changes).toHaveLength(5);
    const [head, ...rest] = (lines?.stdout ?? '')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const { changes, ...summary } = document;
    expect(head).toEqual({ record: 'diff', ...summary });
    expect(rest).toEqual(changes.map((change: object) => ({ record: 'change', ...change })));
    const rows: Record<string, string>[] = parse(csv?.stdout ?? '', {
      columns: true,
      record_delimiter: ['\r\n', '\n'],
    });
    expect(rows.filter(({ change }) => change === 'updated')).toEqual([
      {
        ...{ change: 'updated', kind: 'artifact', id: arn('artifact/model'), from: '', label: '', to: '' },
        ...{ created: '2026-01-01T00:00:00.123Z', column: 'name', before: '', after: "'=model, 2" },
      },
    ]);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(5);
  });

  test('of runs that are the same prints no changes, in each form', async () => {
    const [table, json] = await Promise.all(
      ['table', 'json'].map((output) => cliHere(['diff', before, before, '--output', output])),
    );

    expect(table?.stdout).toMatch(/^kind +before/);
    expect(JSON.parse(json?.stdout ?? '').changes).toEqual([]);
  });

  test('of what is no run is refused with exit code 2', async () => {
    expect(await cliHere(['diff', before, folder])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(`${folder} is not a run`),
    });
    expect((await cliHere(['diff', before, after, '--kinds', 'model'])).exitCode).toBe(2);
  });
});

describe('plan', () => {
  test('prints one screen and writes plan.json', async () => {
    const out = join(folder, 'plan');

    const { exitCode, stdout } = await cliHere(['plan', after, '--since', before, '--out', out]);

    expect(exitCode).toBe(0);
    expect(stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '))).toEqual([
      `${RUNS.after} since ${RUNS.before}`,
      'kind | before | added | updated | removed | after',
      'artifact | 4 | 0 | 1 | 0 | 4',
      'trial_component | 2 | 0 | 0 | 0 | 2',
      'action | 1 | 0 | 0 | 0 | 1',
      'context | 1 | 0 | 0 | 0 | 1',
      'trial | 1 | 0 | 0 | 1 | 0',
      'external | 1 | 0 | 0 | 0 | 1',
      'edge | 10 | 1 | 0 | 2 | 9',
      'all | 20 | 1 | 1 | 3 | 18',
      '',
      expect.stringMatching(/^load: \| 2 rows, \d+ bytes$/),
      'gone: | 3, kept in the graph',
      join(out, 'plan.json'),
      '',
    ]);
    const { counts } = JSON.parse(await readFile(join(out, 'plan.json'), 'utf8'));
    expect(counts.trial).toMatchObject({ removed: 1 });
  });

  test('exits with 6 where a removal that was asked for is refused, and prints why and the way out', async () => {
    const asked = ['plan', after, '--since', before, '--delete'];

    const refused = await cliHere(asked);
    const allowed = await cliHere([...asked, '--allow-empty', 'trial,HasTrialComponent', '--output', 'json']);
    const tooMany = await cliHere([
      ...asked,
      '--allow-empty',
      'trial,HasTrialComponent',
      '--max-delete',
      '10%',
    ]);
    const marked = await cliHere([
      ...asked.slice(0, -1),
      '--tombstone',
      '--allow-empty',
      'trial,HasTrialComponent',
    ]);

    expect(refused.exitCode).toBe(6);
    expect(refused.stdout).toContain(
      'refused: the account had some of trial, HasTrialComponent before, and has none now (empty-kind). If that is right, pass --allow-empty trial,HasTrialComponent;',
    );
    expect(refused.stdout).toContain('gone:    3, kept in the graph');
    expect(refused.stderr).toContain(
      'Nothing is removed: the account had some of trial, HasTrialComponent before',
    );
    expect(allowed.exitCode).toBe(0);
    expect(JSON.parse(allowed.stdout)).toMatchObject({
      path: `${after}.plan/plan.json`,
      removal: 'remove',
      refusals: [],
    });
    expect(tooMany).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining('2 of 10 edges would be removed, and at most 1 may be at once'),
    });
    expect(marked).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('gone:    3, to be marked as deleted'),
    });
  });

  test.each(['x', '101%', '1.5', '-1'])('refuses --max-delete %s with exit code 2', async (value) => {
    expect((await cliHere(['plan', after, `--max-delete=${value}`])).exitCode).toBe(2);
  });
});

describe('runs', () => {
  test('lists runs as a table or as JSON, and prunes them', async () => {
    const out = dirname(after);

    const table = await cliHere(['runs', '--out', out]);
    const json = await cliHere(['runs', 'list', '--out', out, '--output', 'json']);
    const dry = await cliHere(['runs', 'prune', '--out', out, '--keep', '1', '--dry-run']);
    const none = await cliHere(['runs', 'prune', '--out', out]);

    expect(table.stdout.split('\n')[1]?.replaceAll(/ {2,}/g, ' | ')).toMatch(
      new RegExp(`^${RUNS.after} \\| finished \\| the account \\| 9 \\| 9 \\| [\\d,]+$`),
    );
    expect(JSON.parse(json.stdout)).toMatchObject([{ run: RUNS.after, vertices: 9, edges: 9 }]);
    expect(dry.stdout).toBe('0 runs would be removed (0 bytes), 1 kept\n');
    expect(none.exitCode).toBe(2);
  });
});
