import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvLines } from '../../src/csv/encode.ts';
import { edgeId } from '../../src/graph/ids.ts';
import { compareRows } from '../../src/graph/rows.ts';
import { type Change, diffRuns, ROW_KINDS, type RowKind, type RunIndexes } from '../../src/snapshot/diff.ts';
import type { IndexFile } from '../../src/snapshot/index-bytes.ts';
import { INDEX_HEADER, indexLine } from '../../src/snapshot/index-line.ts';

/** A row as an index knows it; `cells` is whatever its cells hold. */
type Row = {
  readonly kind: RowKind;
  readonly orderMs: number;
  readonly id: string;
  readonly cells: string;
};

function hashOf({ kind, orderMs, id, cells }: Row): string {
  return indexLine({ orderMs, id }, [kind, cells])[2];
}

/** An index file in memory that comes in chunks of so many bytes. */
function indexFile(name: string, rows: readonly Row[], chunkBytes = 64 * 1024): IndexFile {
  const lines = csvLines(rows.map((row) => [row.orderMs, row.id, hashOf(row)]));
  return fileOf(name, Buffer.from(`${INDEX_HEADER}\n${lines}`), chunkBytes);
}

function fileOf(name: string, bytes: Buffer, chunkBytes = 64 * 1024): IndexFile {
  return {
    name,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    async *open() {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
  };
}

function indexes(rows: readonly Row[], chunkBytes?: number): RunIndexes {
  return Object.fromEntries(
    ROW_KINDS.map((kind) => {
      const ofKind = rows.filter((row) => row.kind === kind).toSorted(compareRows);
      return [kind, indexFile(`index/${kind}.csv`, ofKind, chunkBytes)];
    }),
  );
}

async function changesOf(before: RunIndexes, after: RunIndexes) {
  const diff = await diffRuns(before, after);
  const changes: Change[] = [];
  for await (const change of diff.changes()) changes.push(change);
  return { counts: diff.counts, changes };
}

function artifact(id: string, orderMs: number, cells = ''): Row {
  return { kind: 'artifact', orderMs, id, cells };
}

function edge(from: string, label: string, to: string, orderMs = 1): Row {
  return { kind: 'edge', orderMs, id: edgeId(from, label, to), cells: `${from} ${label} ${to}` };
}

const NONE = { before: 0, after: 0, added: 0, updated: 0, removed: 0, relabelled: 0 };

describe('What changed from one run to another', () => {
  test('is nothing where the runs hold the same', async () => {
    const rows = [artifact('a', 1), artifact('b', 2), edge('a', 'Produced', 'b')];

    const { counts, changes } = await changesOf(indexes(rows), indexes(rows));

    expect(changes).toEqual([]);
    expect(counts.artifact).toEqual({ ...NONE, before: 2, after: 2 });
    expect(counts.edge).toEqual({ ...NONE, before: 1, after: 1 });
  });

  test('is told once for each element, with the places of its rows, kind by kind and in order', async () => {
    const [a, b, c] = [artifact('a', 1), artifact('b', 2), artifact('c', 3)];
    const action: Row = { kind: 'action', orderMs: 1, id: 'x', cells: '' };
    const b2 = { ...b, cells: 'approved' };

    const { counts, changes } = await changesOf(indexes([a, b]), indexes([b2, c, action]));

    expect(changes).toEqual([
      { change: 'removed', kind: 'artifact', creationMs: 1, id: 'a', hash: hashOf(a), row: 0 },
      {
        ...{ change: 'updated', kind: 'artifact', creationMs: 2, id: 'b', hash: hashOf(b2), row: 0 },
        before: { kind: 'artifact', creationMs: 2, hash: hashOf(b), row: 1 },
      },
      { change: 'added', kind: 'artifact', creationMs: 3, id: 'c', hash: hashOf(c), row: 1 },
      { change: 'added', kind: 'action', creationMs: 1, id: 'x', hash: hashOf(action), row: 0 },
    ]);
    expect(counts.artifact).toEqual({ ...NONE, before: 2, after: 2, added: 1, updated: 1, removed: 1 });
    expect(counts.action).toEqual({ ...NONE, after: 1, added: 1 });
  });

  test('is an edge removed and another added where the type of an association changed', async () => {
    const was = edge('a', 'ContributedTo', 'b');
    const is = edge('a', 'DerivedFrom', 'b');

    const { changes } = await changesOf(indexes([was]), indexes([is]));

    expect(changes.map(({ change, id }) => [change, id]).toSorted()).toEqual([
      ['added', is.id],
      ['removed', was.id],
    ]);
  });

  test('is one update where an entity was deleted and created anew under its name, in either direction of time', async () => {
    const [old, young] = [artifact('a', 1, 'old'), artifact('a', 9, 'young')];
    const others = [artifact('b', 5), artifact('c', 6, 'x')];

    for (const [was, is] of [
      [old, young],
      [young, old],
    ] as const) {
      const { counts, changes } = await changesOf(indexes([was, ...others]), indexes([is, ...others]));

      expect(changes).toEqual([
        {
          ...{
            change: 'updated',
            kind: 'artifact',
            creationMs: is.orderMs,
            id: 'a',
            hash: hashOf(is),
          },
          row: is === young ? 2 : 0,
          before: {
            ...{ kind: 'artifact', creationMs: was.orderMs, hash: hashOf(was) },
            row: was === young ? 2 : 0,
          },
        },
      ]);
      expect(counts.artifact).toEqual({ ...NONE, before: 3, after: 3, updated: 1 });
    }
  });

  test('is one update of another kind where an external vertex is listed now', async () => {
    const was: Row = { kind: 'external', orderMs: 0, id: 'a', cells: '' };

    const { counts, changes } = await changesOf(indexes([was]), indexes([artifact('a', 3)]));

    expect(changes).toMatchObject([
      { change: 'updated', kind: 'artifact', id: 'a', before: { kind: 'external', creationMs: 0 } },
    ]);
    expect(counts.artifact).toEqual({ ...NONE, after: 1, updated: 1, relabelled: 1 });
    expect(counts.external).toEqual({ ...NONE, before: 1 });
  });

  test('is nothing where a membership edge, which has no time of its own, takes another place with its member', async () => {
    const was = edge('trial', 'HasTrialComponent', 'job', 1);

    const { counts, changes } = await changesOf(indexes([was]), indexes([{ ...was, orderMs: 7 }]));

    expect(changes).toEqual([]);
    expect(counts.edge).toEqual({ ...NONE, before: 1, after: 1 });
  });

  test('keeps a vertex and an edge of one id apart', async () => {
    const vertex = artifact('same', 1);
    const both: Row = { kind: 'edge', orderMs: 5, id: 'same', cells: '' };

    const { changes } = await changesOf(indexes([vertex]), indexes([both]));

    expect(changes).toMatchObject([
      { change: 'removed', kind: 'artifact', id: 'same' },
      { change: 'added', kind: 'edge', id: 'same' },
    ]);

    const moved = await changesOf(
      indexes([vertex, { ...both, cells: 'x' }]),
      indexes([
        { ...vertex, orderMs: 9, cells: 'x' },
        { ...both, orderMs: 7 },
      ]),
    );
    expect(moved.changes).toMatchObject([
      { change: 'updated', kind: 'artifact', creationMs: 9, before: { kind: 'artifact', creationMs: 1 } },
      { change: 'updated', kind: 'edge', creationMs: 7, before: { kind: 'edge', creationMs: 5 } },
    ]);
  });

  test('can be asked for some kinds only', async () => {
    const diff = await diffRuns({}, indexes([artifact('a', 1), edge('a', 'Produced', 'b')]));
    const changes: Change[] = [];
    for await (const change of diff.changes(['edge'])) changes.push(change);

    expect(changes).toMatchObject([{ change: 'added', kind: 'edge' }]);
  });
});

describe('An index that is not what it should be', () => {
  const rows = [artifact('a', 1), artifact('b', 2)];

  test('is refused before any change is told, with both hashes', async () => {
    const good = indexes(rows);
    const file = good.artifact as IndexFile;
    const wrong = { ...file, sha256: '0'.repeat(64) };

    await expect(diffRuns(good, { ...good, artifact: wrong })).rejects.toMatchObject({
      outcome: 'validationFailed',
      message: `index/artifact.csv is not what its manifest says: expected SHA-256 ${'0'.repeat(64)}, found ${file.sha256}.`,
    });
  });

  test.each([
    ['has another header', 'id,hash\n', 1],
    ['is empty', '', 1],
    ['ends within a line', `${INDEX_HEADER}\n1,"a","00"`, 2],
    ['has another number of fields', `${INDEX_HEADER}\n1,"a"\n`, 2],
    ['has no time', `${INDEX_HEADER}\nx,"a","00"\n`, 2],
  ])('is refused with the line where it %s', async (_, text, line) => {
    const file = fileOf('index/artifact.csv', Buffer.from(text));

    await expect(diffRuns({}, { artifact: file })).rejects.toMatchObject({
      outcome: 'validationFailed',
      message: `index/artifact.csv:${line} is not a line of an index.`,
    });
  });
});

const idArbitrary = fc.oneof(
  { weight: 8, arbitrary: fc.nat(60).map((n) => `arn:aws:sagemaker:us-east-1:1:artifact/${n}`) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom('a\n', '"', '""\n', 'a","0"\n', '\u{1f600}', '\uffee', 'é') },
);

const rowsArbitrary = fc.uniqueArray(
  fc.record({
    kind: fc.constantFrom<RowKind>('artifact', 'action', 'external', 'edge'),
    orderMs: fc.integer({ min: -3, max: 12 }),
    id: idArbitrary,
    cells: fc.constantFrom('x', 'y'),
  }),
  // An id is that of one vertex, and of one edge.
  { selector: ({ kind, id }) => `${kind === 'edge'} ${id}`, maxLength: 60 },
);

test('What changed, applied to what was, gives what is; nothing is told twice, and the counts are right', async () => {
  await fc.assert(
    fc.asyncProperty(
      rowsArbitrary,
      rowsArbitrary,
      fc.constantFrom(1, 7, 100, 100_000),
      async (one, other, chunkBytes) => {
        // Most rows stay as they are, as they do from night to night.
        const kept = one.filter(({ orderMs }) => orderMs % 3 !== 0);
        const keptKeys = new Set(kept.map(({ kind, id }) => `${kind === 'edge'} ${id}`));
        const after = [...kept, ...other.filter(({ kind, id }) => !keptKeys.has(`${kind === 'edge'} ${id}`))];

        const { counts, changes } = await changesOf(indexes(one, chunkBytes), indexes(after, chunkBytes));

        const keyOf = ({ kind, id }: Pick<Row, 'kind' | 'id'>) => `${kind === 'edge'} ${id}`;
        const graph = new Map(one.map((row) => [keyOf(row), { kind: row.kind, hash: hashOf(row) }]));
        for (const change of changes) {
          const held = graph.get(keyOf(change));
          if (change.change === 'added') expect(held).toBeUndefined();
          if (change.change === 'updated') {
            expect({ kind: change.before.kind, hash: change.before.hash }).toEqual(held);
            expect({ kind: change.kind, hash: change.hash }).not.toEqual(held);
          }
          if (change.change === 'removed') {
            expect(held).toEqual({ kind: change.kind, hash: change.hash });
            graph.delete(keyOf(change));
          } else graph.set(keyOf(change), { kind: change.kind, hash: change.hash });
        }
        expect(graph).toEqual(
          new Map(after.map((row) => [keyOf(row), { kind: row.kind, hash: hashOf(row) }])),
        );
        expect(new Set(changes.map(keyOf)).size).toBe(changes.length);
        for (const kind of ROW_KINDS) {
          const of = (what: Change['change']) =>
            changes.filter(({ change, kind: found }) => change === what && found === kind).length;
          expect(counts[kind]).toMatchObject({
            before: one.filter((row) => row.kind === kind).length,
            after: after.filter((row) => row.kind === kind).length,
            added: of('added'),
            updated: of('updated'),
            removed: of('removed'),
          });
        }
        for (const change of changes) {
          const rows = (change.change === 'removed' ? one : after).filter(({ kind }) => kind === change.kind);
          expect(rows.toSorted(compareRows)[change.row]?.id).toBe(change.id);
        }
      },
    ),
    { numRuns: 150 },
  );
});
