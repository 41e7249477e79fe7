import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEdges, readVertices } from '../../src/csv/read.ts';
import { ALL_KINDS, LISTED_KINDS } from '../../src/graph/kinds.ts';
import type { ExportEvent } from '../../src/runs/export.ts';
import { vertexFile } from '../../src/runs/run-directory.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import type { Account } from '../../src/sandbox/sagemaker/account.ts';
import {
  artifactArn,
  artifactRecord,
  associationRecord,
  componentArn,
  componentRecord,
  plainAccount,
} from './plain-account.ts';
import { fingerprint, readJson, temporaryDirectory } from './run-tree.ts';
import { exported } from './sandbox-export.ts';

const TIE_MS = Date.UTC(2026, 2, 1, 12, 0, 0, 7);

/** Artifacts and associations, 5,000 of each in one millisecond, others an hour and a millisecond before and after it. */
function tiedAccount(): readonly AccountRecord[] {
  const times = [
    ...Array.from({ length: 300 }, (_, n) => TIE_MS - (300 - n) * 3_600_000),
    TIE_MS - 1,
    ...Array.from({ length: 5_000 }, () => TIE_MS),
    TIE_MS + 1,
    ...Array.from({ length: 300 }, (_, n) => TIE_MS + (n + 1) * 3_600_000),
  ];
  return [
    ...times.map((time, n) => artifactRecord(n, time)),
    ...times.map((_, n) => componentRecord(n, TIE_MS - 3_600_000 - n)),
    ...times.map((time, n) => associationRecord(n, time)),
  ];
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('5,000 records of one millisecond are all there, in the same bytes for any concurrency', async () => {
  const held = tiedAccount();

  const alone = await exported(held, { concurrency: 1 });
  const together = await exported(held, { concurrency: 16 });

  expect([alone.kinds.artifact.rows, alone.associations]).toEqual([5_602, 5_602]);
  const ids = (await collect(readVertices(join(alone.directory, vertexFile('artifact', false))))).map(
    ({ id }) => id,
  );
  expect(ids.toSorted()).toEqual(Array.from({ length: 5_602 }, (_, n) => artifactArn(n)).sort());
  expect(await fingerprint(together.directory)).toEqual(await fingerprint(alone.directory));
});

test.each([1, 16])(
  'a run that is stopped among 5,000 records of one millisecond and resumed is the same bytes, %i shards at a time',
  async (concurrency) => {
    const held = tiedAccount();
    const calm = await exported(held, { concurrency });
    const out = await temporaryDirectory();
    const stop = new AbortController();
    const pages = new Map<string, number>();

    const stopped = exported(held, {
      out,
      concurrency,
      signal: stop.signal,
      onProgress(event: ExportEvent) {
        if (event.type !== 'page') return;
        pages.set(event.listing, event.pages);
        // Both listings of ties are 57 pages long; the ties begin on the fourth.
        if (Math.max(pages.get('artifact') ?? 0, pages.get('association') ?? 0) >= 30) stop.abort();
      },
    });

    await expect(stopped).rejects.toMatchObject({ outcome: 'interrupted' });
    const [name = ''] = await readdir(out);
    const resumed = await exported(held, { out, concurrency, resume: name.replace(/\.partial$/, '') });
    expect(await fingerprint(resumed.directory)).toEqual(await fingerprint(calm.directory));
  },
);

/** Makes, after each answer, an artifact, a trial component, and two associations of theirs, as a pipeline at work would. */
function atWork(first: number, most: number): (operation: string, held: Account) => void {
  let n = first;
  return (_, held) => {
    if (n >= first + most) return;
    const time = Date.UTC(2026, 5, 1) + n * 1_000;
    held.load([
      artifactRecord(n, time),
      componentRecord(n, time + 1),
      associationRecord(n, time + 2),
      { ...associationRecord(0, time + 3), DestinationArn: componentArn(n) } as AccountRecord,
    ]);
    n += 1;
  };
}

test.each([1, 4, 16])(
  'while records are made, %i shards at a time, no edge is left without an end, and nothing of before is lost',
  async (concurrency) => {
    const before = plainAccount(60, 10);
    const calm = await exported(before, { pageSize: 10 });

    const { directory } = await exported(before, {
      pageSize: 10,
      concurrency,
      onAnswered: atWork(1_000, 150),
    });

    const rows = async (run: string) => {
      const files = ALL_KINDS.map((kind) => collect(readVertices(join(run, vertexFile(kind, false)))));
      return (await Promise.all(files)).flat();
    };
    const vertices = (await rows(directory)).map(({ id }) => id);
    const known = new Set(vertices);
    expect(vertices.length).toBe(known.size);
    const edges = await collect(readEdges(join(directory, 'data/edges/edges.csv')));
    expect(edges.filter(({ from, to }) => !known.has(from) || !known.has(to))).toEqual([]);
    expect((await rows(calm.directory)).filter(({ id }) => !known.has(id))).toEqual([]);
    const given = new Set(edges.map(({ id }) => id));
    const earlier = await collect(readEdges(join(calm.directory, 'data/edges/edges.csv')));
    expect(earlier.filter(({ id }) => !given.has(id))).toEqual([]);
    const made = Array.from({ length: 150 }, (_, n) => [
      artifactArn(1_000 + n),
      componentArn(1_000 + n),
    ]).flat();
    expect(made.filter((id) => known.has(id)).length).toBeGreaterThan(0);
  },
);

test('what was made after its own listing ended is described, since an association names it', async () => {
  const answered = new Map<string, number>();
  let isMade = false;

  const { directory } = await exported(plainAccount(60, 10), {
    pageSize: 10,
    // Six pages of associations take much longer than all other listings, of six pages each.
    faults: [{ operation: 'ListAssociations', fault: 'slow', milliseconds: 300 }],
    onAnswered(operation, held) {
      answered.set(operation, (answered.get(operation) ?? 0) + 1);
      const others = [...answered].filter(([name]) => name !== 'ListAssociations');
      const isElsewhereOver = others.reduce((sum, [, count]) => sum + count, 0) === 8 * 6;
      if (operation !== 'ListAssociations' || isMade || !isElsewhereOver) return;
      isMade = true;
      const time = Date.UTC(2026, 5, 1);
      held.load([
        artifactRecord(999, time),
        componentRecord(999, time + 1),
        associationRecord(999, time + 2),
      ]);
    },
  });

  const { described } = await readJson(join(directory, 'report.json'));
  expect(described).toMatchObject({ found: 2 });
  const artifacts = await collect(readVertices(join(directory, vertexFile('artifact', false))));
  const components = await collect(readVertices(join(directory, vertexFile('trial_component', false))));
  expect([artifacts.at(-1)?.id, components.at(-1)?.id]).toEqual([artifactArn(999), componentArn(999)]);
  expect([artifacts.length, components.length]).toEqual([61, 61]);
});

test('a kind that is empty and was not in the previous run is suspicious, in the report and in an event', async () => {
  const out = await temporaryDirectory();
  const held = plainAccount(5, 2);
  const previous = await exported(held, { out });
  const events: ExportEvent[] = [];

  const { directory } = await exported(
    held.filter(({ kind }) => kind !== 'action' && kind !== 'context'),
    { out, onProgress: (event) => events.push(event) },
  );

  expect(events.filter(({ type }) => type === 'suspicious')).toEqual([
    { type: 'suspicious', kinds: ['action', 'context'], previous: previous.run },
  ]);
  const report = await readJson(join(directory, 'report.json'));
  expect(report.suspicious).toEqual(['action', 'context']);
});

test('a kind that is denied says which action is missing; those that were listed before it are complete', async () => {
  const out = await temporaryDirectory();

  await expect(
    exported(plainAccount(5, 2), {
      out,
      concurrency: 1,
      faults: [{ operation: 'ListActions', fault: 'denied' }],
    }),
  ).rejects.toMatchObject({ outcome: 'accessDenied', details: { action: 'sagemaker:ListActions' } });

  const [name = ''] = await readdir(out);
  const report = await readJson(join(out, name, 'report.json'));
  const notBegun = { verdict: 'partial', reason: expect.any(String) };
  expect(report.scopes).toEqual([
    {
      account: '123456789012',
      region: 'eu-west-1',
      kinds: {
        artifact: { verdict: 'complete' },
        trial_component: { verdict: 'complete' },
        action: {
          verdict: 'denied',
          reason: expect.stringContaining('may not perform sagemaker:ListActions'),
          action: 'sagemaker:ListActions',
        },
        context: notBegun,
        experiment: notBegun,
        trial: notBegun,
        edge: notBegun,
      },
    },
  ]);
  expect(Object.keys((report.scopes as { kinds: object }[])[0]?.kinds ?? {}).length).toBe(
    LISTED_KINDS.length + 1,
  );
});
