import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createJournal, type JournalEntry, type RunSettings, reopenJournal } from '../../src/runs/journal.ts';
import { NO_COUNTS } from '../../src/runs/listing-tally.ts';
import { temporaryDirectory } from './run-tree.ts';

const settings: RunSettings = {
  journal: 1,
  run: '20261121T041500.123Z',
  tool: 'test',
  startedAt: '2026-11-21T04:15:00.123Z',
  region: 'eu-west-1',
  gzip: false,
  associations: 'sweep',
  subset: { kinds: ['artifact'], createdAfter: '2026-01-01T00:00:00Z' },
  detail: 'full',
  tags: true,
  promote: ['properties.team'],
};

function entry(fromMs: number): JournalEntry {
  return {
    shard: { listing: 'artifact', scope: { region: 'eu-west-1' }, window: { fromMs, toMs: fromMs + 10 } },
    parts: [{ path: `parts/artifact-${fromMs}.part`, rows: 3, bytes: 90, sha256: 'a'.repeat(64) }],
    counts: { ...NO_COUNTS, pages: 2 },
    account: '123456789012',
  };
}

async function written(entries: readonly JournalEntry[]): Promise<string> {
  const path = join(await temporaryDirectory(), 'journal.jsonl');
  const journal = await createJournal(path, settings);
  await Promise.all(entries.map((one) => journal.append(one)));
  await journal.close();
  return path;
}

test('a journal gives back its settings and its entries, in the order in which they were appended', async () => {
  const path = await written([entry(20), entry(0), entry(10)]);

  const { journal, ...found } = await reopenJournal(path);
  await journal.close();

  expect(found).toEqual({ settings, entries: [entry(20), entry(0), entry(10)] });
});

test('cut at any byte, a journal keeps its whole lines and goes on after them', async () => {
  const whole = await readFile(await written([entry(0), entry(10)]));
  const [first = 0, second = 0] = [...whole.entries()]
    .filter(([, byte]) => byte === 10)
    .map(([place]) => place + 1);
  const path = join(await temporaryDirectory(), 'journal.jsonl');
  for (let size = first; size < whole.length; size += 7) {
    await writeFile(path, whole.subarray(0, size));

    const reopened = await reopenJournal(path);
    await reopened.journal.append(entry(30));
    await reopened.journal.close();

    const kept = size < second ? [] : [entry(0)];
    expect(reopened.entries).toEqual(kept);
    const again = await reopenJournal(path);
    await again.journal.close();
    expect(again.entries).toEqual([...kept, entry(30)]);
  }
});

test('texts of several bytes do not mislead where the last whole line ends', async () => {
  const path = await written([{ ...entry(0), account: 'ä😀' }]);
  await appendFile(path, '{"shard":"ä😀');

  const { journal } = await reopenJournal(path);
  await journal.append(entry(10));
  await journal.close();

  const again = await reopenJournal(path);
  await again.journal.close();
  expect(again.entries).toEqual([{ ...entry(0), account: 'ä😀' }, entry(10)]);
});

test.each<[string, (path: string) => Promise<void>, string]>([
  ['is missing', () => Promise.resolve(), 'does not exist'],
  ['is empty', (path) => writeFile(path, ''), 'is empty'],
  ['ends within its first line', (path) => writeFile(path, '{"journal":1,"run":'), 'is empty'],
])('where the journal %s there is nothing to resume', async (_, prepare, found) => {
  const path = join(await temporaryDirectory(), 'journal.jsonl');
  await prepare(path);

  await expect(reopenJournal(path)).rejects.toMatchObject({
    outcome: 'usage',
    message: `There is nothing to resume: ${path} ${found}.`,
  });
});

test.each<[string, string, string]>([
  ['no JSON', 'x\n', ':1 is not a journal of this version: no JSON.'],
  [
    'another version',
    `${JSON.stringify({ ...settings, journal: 2 })}\n`,
    ':1 is not a journal of this version: journal:',
  ],
  [
    'a bad entry',
    `${JSON.stringify(settings)}\n{"shard":{}}\n`,
    ':2 is not a journal of this version: shard.listing:',
  ],
  [
    'a member that nobody knows',
    `${JSON.stringify(settings)}\n${JSON.stringify({ ...entry(0), more: 1 })}\n`,
    ':2 is not a journal of this version: (root):',
  ],
])('a journal with %s is refused by its line', async (_, text, message) => {
  const path = join(await temporaryDirectory(), 'journal.jsonl');
  await writeFile(path, text);

  await expect(reopenJournal(path)).rejects.toMatchObject({
    outcome: 'validationFailed',
    message: expect.stringContaining(`${path}${message}`),
    details: { origin: expect.stringContaining(path) },
  });
});

test('a journal is not started over another', async () => {
  const path = await written([]);

  await expect(createJournal(path, settings)).rejects.toMatchObject({ code: 'EEXIST' });
});

test('an entry that could not be written fails, and those after it are tried all the same', async () => {
  const path = await written([]);
  const { journal } = await reopenJournal(path);
  const cyclic = entry(0) as JournalEntry & { self?: unknown };
  cyclic.self = cyclic;

  const [bad, good] = await Promise.allSettled([journal.append(cyclic), journal.append(entry(10))]);
  await journal.close();

  expect([bad.status, good.status]).toEqual(['rejected', 'fulfilled']);
  const again = await reopenJournal(path);
  await again.journal.close();
  expect(again.entries).toEqual([entry(10)]);
});
