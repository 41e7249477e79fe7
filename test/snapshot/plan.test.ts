import { describe, expect, test } from 'vitest';
import type { StoredRow } from '../../src/graph/stored.ts';
import { type Change, type ChangeCounts, ROW_KINDS, type RowKind } from '../../src/snapshot/diff.ts';
import {
  assertNothingRefused,
  decideRemoval,
  doubtedEdges,
  type EdgeListing,
  GUARDS,
  listedEdges,
  parsePlan,
  planChange,
  type RemovalInput,
} from '../../src/snapshot/plan.ts';

type Given = Partial<Record<RowKind, Partial<ChangeCounts>>>;

const NONE = { before: 0, after: 0, added: 0, updated: 0, removed: 0, relabelled: 0 };

function counts(given: Given): Record<RowKind, ChangeCounts> {
  return Object.fromEntries(ROW_KINDS.map((kind) => [kind, { ...NONE, ...given[kind] }])) as Record<
    RowKind,
    ChangeCounts
  >;
}

const WHOLE = { complete: true, subset: null, edges: { Produced: 2_000 } };

/** What is known where the graph holds a run of the whole account. */
const HELD = { subsets: [null], edges: { association: 2_000 } };

/** A thousand artifacts and two thousand edges, of which one and two are gone. */
const FEW_GONE: Given = {
  artifact: { before: 1_000, after: 999, removed: 1 },
  edge: { before: 2_000, after: 1_998, removed: 2 },
};

function input(given: Given, rest: Partial<RemovalInput> = {}): RemovalInput {
  return { counts: counts(given), held: HELD, after: WHOLE, options: { delete: true }, ...rest };
}

function guardsOf(given: RemovalInput) {
  const { removal, refusals } = decideRemoval(given);
  expect(removal === 'keep').toBe(refusals.length > 0 || given.options.delete !== true);
  return refusals.map(({ guard, kinds, elements }) => ({ guard, kinds, elements }));
}

describe('What is gone from the account', () => {
  test('stays in the graph unless its removal is asked for', () => {
    expect(decideRemoval(input(FEW_GONE, { options: {} }))).toEqual({
      removal: 'keep',
      demotion: 'apply',
      refusals: [],
    });
  });

  test('is removed, or marked, where nothing speaks against it', () => {
    expect(decideRemoval(input(FEW_GONE))).toEqual({ removal: 'remove', demotion: 'apply', refusals: [] });
    expect(decideRemoval(input(FEW_GONE, { options: { delete: true, tombstone: true } }))).toEqual({
      removal: 'tombstone',
      demotion: 'apply',
      refusals: [],
    });
  });

  test('stays after a partial crawl, which changes no listed vertex to an external one either', () => {
    const given = input(FEW_GONE, { after: { ...WHOLE, complete: false } });

    expect(guardsOf(given)).toEqual([{ guard: 'partial', kinds: ['artifact', 'edge'], elements: 3 }]);
    expect(decideRemoval(given).demotion).toBe('keep');
  });

  test.each([
    ['the graph holds the whole account', [null], { kinds: ['artifact'] }, true],
    ['the graph holds another subset', [{ types: ['Model'] }], { kinds: ['artifact'] }, true],
    ['nothing is known of the graph', [], { kinds: ['artifact'] }, true],
    [
      'the graph holds this subset, and what a whole run left',
      [null, { kinds: ['artifact'] }],
      { kinds: ['artifact'] },
      true,
    ],
    [
      'the graph holds the same subset',
      [{ types: ['A', 'B'], kinds: ['artifact'] }],
      { kinds: ['artifact'], types: ['B', 'A'] },
      false,
    ],
  ] as const)(
    'stays after a run of a subset, unless the graph holds that only: %s',
    (_, subsets, subset, isRefused) => {
      const given = input(FEW_GONE, { held: { ...HELD, subsets }, after: { ...WHOLE, subset } });

      expect(guardsOf(given)).toEqual(
        isRefused ? [{ guard: 'subset', kinds: ['artifact', 'edge'], elements: 3 }] : [],
      );
      expect(decideRemoval(given).demotion).toBe('keep');
    },
  );

  test.each<[string, Given, readonly RowKind[], number]>([
    ['a listed kind', { action: { before: 2, removed: 2 } }, ['action'], 2],
    ['edges', { edge: { before: 3, removed: 3 } }, ['edge'], 3],
    [
      'a kind whose vertices are external now',
      { artifact: { before: 4, after: 0 }, external: { after: 4, updated: 4 } },
      ['artifact'],
      4,
    ],
  ])('stays where %s came back empty and was not', (_, gone, kinds, elements) => {
    expect(guardsOf(input({ ...FEW_GONE, ...gone }))).toEqual([{ guard: 'empty-kind', kinds, elements }]);
    expect(decideRemoval(input({ ...FEW_GONE, ...gone }, { options: {} })).demotion).toBe('keep');
    expect(
      guardsOf(input({ ...FEW_GONE, ...gone }, { options: { delete: true, allowEmpty: kinds } })),
    ).toEqual([]);
  });

  test.each<[string, Record<string, number>, Record<string, number>, readonly EdgeListing[], number]>([
    ['associations', { Produced: 5, HasTrial: 2 }, { HasTrial: 2 }, ['association'], 5],
    ['trials of experiments', { Produced: 5, HasTrial: 2 }, { Produced: 5 }, ['HasTrial'], 2],
    [
      'memberships',
      { Produced: 5, HasTrial: 2, HasTrialComponent: 3 },
      { Produced: 6 },
      ['HasTrial', 'HasTrialComponent'],
      5,
    ],
  ])('stays where of the edges %s alone came back empty and were not', (_, was, is, listings, elements) => {
    const held = { subsets: [null], edges: listedEdges(was) };
    const given = (options: RemovalInput['options']) =>
      input(FEW_GONE, { held, after: { ...WHOLE, edges: is }, options });

    expect(guardsOf(given({ delete: true }))).toEqual([{ guard: 'empty-kind', kinds: listings, elements }]);
    expect(decideRemoval(given({})).demotion).toBe('keep');
    for (const allowEmpty of [listings, ['edge'] as const]) {
      expect(guardsOf(given({ delete: true, allowEmpty }))).toEqual([]);
      expect(doubtedEdges(given({ allowEmpty }))).toEqual({});
    }
    // The next sync has to know, whatever this one was asked.
    expect(Object.keys(doubtedEdges(given({})))).toEqual(listings);
  });

  test.each<[keyof typeof GUARDS, RemovalInput]>([
    ['partial', input(FEW_GONE, { after: { ...WHOLE, complete: false } })],
    ['subset', input(FEW_GONE, { after: { ...WHOLE, subset: { types: ['Model'] } } })],
    ['empty-kind', input({ action: { before: 2, removed: 2 } })],
    ['empty-kind', input(FEW_GONE, { held: { ...HELD, edges: { HasTrial: 1 } } })],
    ['max-delete', input({ artifact: { before: 1_000, after: 800, removed: 200 } })],
  ])('would be removed if the guard %s were not there', (name, given) => {
    const others = Object.entries(GUARDS).flatMap(([other, guard]) => (other === name ? [] : [guard]));

    expect(decideRemoval(given, others)).toMatchObject({ removal: 'remove', refusals: [] });
    expect(decideRemoval(given).refusals).toMatchObject([{ guard: name }]);
    expect(decideRemoval(given).removal).toBe('keep');
  });

  test('goes where only external vertices are left out, which no listing gives', () => {
    expect(guardsOf(input({ external: { before: 5, removed: 5 } }))).toEqual([]);
  });

  test.each<[number, number, RemovalInput['options'], boolean]>([
    // Of so many vertices, so many are gone.
    [10_000, 500, {}, false],
    [10_000, 501, {}, true],
    [150, 100, {}, false],
    [150, 101, {}, true],
    [10_000, 501, { force: true }, false],
    [10_000, 101, { maxDelete: { share: 0.01 } }, true],
    [10_000, 100, { maxDelete: { share: 0.01 } }, false],
    [10_000, 3, { maxDelete: { elements: 2 } }, true],
    [10_000, 2, { maxDelete: { elements: 2 } }, false],
    [10_000, 1, { maxDelete: { elements: 0 } }, true],
  ])('of %i vertices, %i: with %j too many? %s', (before, removed, options, isRefused) => {
    const tooMany = [{ guard: 'max-delete', elements: removed }];
    const vertices = input(
      { trial: { before, after: before - removed, removed } },
      { options: { delete: true, ...options } },
    );
    const edges = input(
      { edge: { before, after: before - removed, removed } },
      { options: { delete: true, ...options } },
    );

    expect(guardsOf(vertices)).toEqual(isRefused ? [{ ...tooMany[0], kinds: ['trial'] }] : []);
    expect(guardsOf(edges)).toEqual(isRefused ? [{ ...tooMany[0], kinds: ['edge'] }] : []);
  });

  test('is refused with exit code 6, every reason, and what to do', () => {
    const decision = decideRemoval(
      input({ ...FEW_GONE, action: { before: 2, removed: 2 } }, { after: { ...WHOLE, complete: false } }),
    );

    const error = thrownBy(() => assertNothingRefused(decision));

    expect(error).toMatchObject({
      exitCode: 6,
      message:
        'Nothing is removed: the run does not hold the whole account, so that what it lacks may still be there; the account had some of action before, and has none now.',
      details: { refusals: decision.refusals },
    });
    expect(() => assertNothingRefused({ refusals: [] })).not.toThrow();
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown.');
}

const APPLY = { removal: 'remove', demotion: 'apply' } as const;

function row(values: Readonly<Record<string, string>>, rest: Partial<StoredRow> = {}): StoredRow {
  const properties = Object.entries(values).map(([name, value]) => ({
    ...{ name, type: 'String' as const },
    values: value === '' ? [] : [value],
  }));
  return { element: 'vertex', id: 'a', labels: ['artifact'], properties, file: 'f', line: 2, ...rest };
}

function change(members: Partial<Change> = {}): Change {
  const place = { kind: 'artifact', id: 'a', creationMs: 1, hash: '1', row: 0 };
  const before = { kind: 'artifact', creationMs: 1, hash: '0', row: 0 };
  return { change: 'updated', ...place, before, ...members } as Change;
}

describe('A change', () => {
  const before = row({ name: 'x', status: 'Approved', type: '' });

  test('that adds a row asks for its load, one that takes it away for its removal, if that is decided', () => {
    const none = { before: undefined, after: undefined };
    const [added, removed] = [change({ change: 'added' }), change({ change: 'removed' })];

    expect(planChange(added, none, APPLY)).toEqual({ load: true, remove: false, corrections: [] });
    expect(planChange(removed, none, APPLY)).toEqual({ load: false, remove: true, corrections: [] });
    expect(planChange(removed, none, { ...APPLY, removal: 'tombstone' }).remove).toBe(true);
    expect(planChange(removed, none, { ...APPLY, removal: 'keep' }).remove).toBe(false);
  });

  test('of values asks for a load alone; of values that are gone, or of columns, for the end of the properties too', () => {
    const correctionsFor = (after: StoredRow) => planChange(change(), { before, after }, APPLY);

    expect(correctionsFor(row({ name: 'y', status: 'Rejected', type: 'Model' }))).toEqual({
      load: true,
      remove: false,
      corrections: [],
    });
    expect(correctionsFor(row({ name: '', type: 'Model' })).corrections).toEqual([
      { element: 'vertex', kind: 'artifact', id: 'a', is: 'blank', properties: ['name', 'status'] },
    ]);
  });

  test('of the kind asks for a vertex of one label', () => {
    const external = { kind: 'external', creationMs: 0, hash: '0', row: 0 } as const;
    const was = row({ name: 'x' }, { labels: ['external'] });

    expect(planChange(change({ before: external }), { before: was, after: before }, APPLY)).toEqual({
      load: true,
      remove: false,
      corrections: [
        { element: 'vertex', kind: 'artifact', id: 'a', is: 'relabel', from: 'external', to: 'artifact' },
      ],
    });
  });

  test('of a listed vertex to an external one is not made where a listing may lack what the account has', () => {
    const demoted = change({
      kind: 'external',
      before: { kind: 'artifact', creationMs: 1, hash: '0', row: 0 },
    });
    const rows = { before, after: row({}, { labels: ['external'] }) };

    expect(planChange(demoted, rows, { ...APPLY, demotion: 'keep' })).toEqual({
      load: false,
      remove: false,
      corrections: [],
    });
    expect(planChange(demoted, rows, APPLY).corrections).toMatchObject([
      { is: 'relabel', from: 'artifact', to: 'external' },
    ]);
  });

  test("of the spelling of an edge's ends asks for the edge to go first", () => {
    const edgeRow = (to: string) =>
      row({}, { element: 'edge', labels: ['Produced'], ends: { from: 'a', to } });
    const edgeChange = change({ kind: 'edge', before: { kind: 'edge', creationMs: 1, hash: '0', row: 0 } });

    expect(planChange(edgeChange, { before: edgeRow('b'), after: edgeRow('B') }, APPLY).corrections).toEqual([
      { element: 'edge', kind: 'edge', id: 'a', is: 'ends' },
    ]);
    expect(planChange(edgeChange, { before: edgeRow('b'), after: edgeRow('b') }, APPLY).corrections).toEqual(
      [],
    );
  });
});

test.each([
  ['{', 'plan.json is not JSON.'],
  ['{"format":2}', /^plan\.json is not a plan of this version: format: /],
])('A text that is no plan is refused: %s', (text, message) => {
  expect(thrownBy(() => parsePlan(text, 'plan.json'))).toMatchObject({
    outcome: 'validationFailed',
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });
});
