import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LineageError } from '../../src/errors.ts';
import { type ExportOptions, type ExportResult, exportLineage } from '../../src/runs/export.ts';
import { accountScript, smallAccount } from '../crawl/scripted-account.ts';
import { type Answer, type Call, withScript } from '../crawl/scripted-sagemaker.ts';
import { fingerprint, temporaryDirectory } from './run-tree.ts';

const healthy = accountScript(smallAccount(), 1);

/** All listings end but that of the associations, whose second page fails for good. */
function failing(call: Call): Answer {
  if (call.operation !== 'ListAssociations' || call.input.NextToken === undefined) return healthy(call);
  return { error: 'ValidationException', message: 'no' };
}

type Extra = Partial<Omit<ExportOptions, 'clients'>> & { readonly region?: string };

function exported(script: (call: Call) => Answer, out: string, extra: Extra = {}): Promise<ExportResult> {
  return withScript(script, ({ clients }) =>
    exportLineage({ clients, region: 'us-east-1', out, concurrency: 1, ...extra }),
  );
}

/** A run that was cut short, with the listings behind the associations left. */
async function cutShort(): Promise<{ out: string; run: string; partial: string }> {
  const out = await temporaryDirectory();
  const error = await exported(failing, out, { concurrency: 16 }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ outcome: 'partialExport', details: { listing: 'association', page: 2 } });
  const [name = ''] = await readdir(out);
  return { out, run: name.replace('.partial', ''), partial: join(out, name) };
}

async function refused(resuming: Promise<ExportResult>): Promise<LineageError> {
  const error = await resuming.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LineageError);
  return error as LineageError;
}

test('a run that was cut short goes on to the bytes of an undisturbed one, under its own id', async () => {
  const { out, run } = await cutShort();

  const resumed = await exported(healthy, out, { resume: run });

  const whole = await exported(healthy, await temporaryDirectory());
  expect([resumed.run, resumed.complete, await readdir(out)]).toEqual([run, true, [run]]);
  expect(await fingerprint(resumed.directory)).toEqual(await fingerprint(whole.directory));
});

test('a run is found by its id, by the path of its directory, and by that where it grows', async () => {
  const { out, run, partial } = await cutShort();

  const results = [
    await exported(healthy, out, { resume: partial }),
    await exported(healthy, out, { resume: join(out, run) }),
    await exported(healthy, out, { resume: run }),
  ];

  expect(results.map((result) => [result.run, result.complete])).toEqual(results.map(() => [run, true]));
});

test('a finished run that was killed before it was tidied is returned as it is, and tidied', async () => {
  const out = await temporaryDirectory();
  const { run, directory, files } = await exported(healthy, out);
  await mkdir(join(directory, 'parts'));
  await writeFile(join(directory, 'journal.jsonl'), '');

  const resumed = await exported(healthy, out, { resume: run });

  expect([resumed.run, resumed.files]).toEqual([run, files]);
  expect((await readdir(directory)).sort()).toEqual(['data', 'index', 'manifest.json', 'report.json']);
});

test('what is finished is not asked for again', async () => {
  const { out, run, partial } = await cutShort();
  const journal = (await readFile(join(partial, 'journal.jsonl'), 'utf8')).split('\n').slice(1, -1);
  const finished = journal
    .map((line) => JSON.parse(line).shard)
    .filter(({ window }) => window.toMs === undefined)
    .map(({ listing }) => listing);
  const asked = new Set<string>();

  await exported(
    (call) => {
      asked.add(call.operation);
      return healthy(call);
    },
    out,
    { resume: run },
  );

  expect(finished).toContain('trial_component');
  expect([...asked]).not.toContain('ListTrialComponents');
  expect([...asked]).toContain('ListAssociations');
});

test.each<[string, Extra, unknown, unknown]>([
  ['region', { region: 'eu-west-1' }, 'us-east-1', 'eu-west-1'],
  ['gzip', { gzip: true }, false, true],
  ['associations', { associations: 'per-node' }, 'sweep', 'per-node'],
  ['subset', { subset: { types: ['Model'] } }, null, { types: ['Model'] }],
])('a run is not resumed with another %s', async (setting, extra, expected, found) => {
  const { out, run } = await cutShort();

  const error = await refused(exported(healthy, out, { resume: run, ...extra }));

  expect(error).toMatchObject({
    outcome: 'usage',
    message: `Run ${run} was started with ${setting} ${JSON.stringify(expected)}, not ${JSON.stringify(found)}.`,
    details: { run, setting, expected, found },
  });
  expect(await exported(healthy, out, { resume: run })).toMatchObject({ run, complete: true });
});

test('where there is no such run, or none was journalled, there is nothing to resume', async () => {
  const out = await temporaryDirectory();
  const unknown = await refused(exported(healthy, out, { resume: '20260101T000000.000Z' }));
  await mkdir(join(out, 'empty.partial'));
  const empty = await refused(exported(healthy, out, { resume: 'empty' }));

  expect([unknown.outcome, empty.outcome]).toEqual(['usage', 'usage']);
  expect(unknown.message).toBe(
    `There is no run to resume: ${join(out, '20260101T000000.000Z.partial')} does not exist.`,
  );
  expect(empty.message).toBe(
    `There is nothing to resume: ${join(out, 'empty.partial', 'journal.jsonl')} does not exist.`,
  );
});

test('a run that another process writes is locked', async () => {
  const { out, run } = await cutShort();
  const lock = join(out, `${run}.lock`);
  await writeFile(lock, JSON.stringify({ pid: process.ppid, host: hostname() }));

  const error = await refused(exported(healthy, out, { resume: run }));

  expect(error).toMatchObject({ outcome: 'locked', details: { pid: process.ppid } });
  expect((await readdir(out)).sort()).toEqual([`${run}.lock`, `${run}.partial`]);
});

test('a part file that was changed is not joined, and nothing has a final name', async () => {
  const { out, run, partial } = await cutShort();
  const [part = ''] = (await readdir(join(partial, 'parts'))).filter((name) => name.startsWith('artifact'));
  await appendFile(join(partial, 'parts', part), 'x');

  const error = await refused(exported(healthy, out, { resume: run }));

  expect(error).toMatchObject({
    outcome: 'validationFailed',
    details: { path: join(partial, 'parts', part) },
  });
  expect(await readdir(out)).toEqual([`${run}.partial`]);
});
