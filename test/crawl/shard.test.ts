import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  crawlShard,
  remaining,
  type Shard,
  type ShardBatch,
  type ShardOptions,
  type ShardWindow,
  windowOf,
} from '../../src/crawl/shard.ts';
import type { VertexRow } from '../../src/graph/rows.ts';
import { PREFIX } from './scripted-account.ts';
import { type Answer, type Call, lastPage, page, withScript } from './scripted-sagemaker.ts';

type ArtifactShard = Shard<'artifact'>;

function shard(window: ShardWindow = {}): ArtifactShard {
  return { listing: 'artifact', scope: { region: 'us-east-1' }, window };
}

/** Artifacts whose names are their creation times in seconds. */
const records = (...seconds: readonly number[]) =>
  seconds.map((second) => ({ ArtifactArn: `${PREFIX}:artifact/${second}`, CreationTime: second }));

type Crawled = {
  readonly batches: readonly ShardBatch<string>[];
  readonly rest: ArtifactShard | undefined;
  readonly error: unknown;
  readonly calls: readonly Call[];
};

/** What a shard gives, its rows by their names. */
function crawled(
  script: (call: Call) => Answer,
  window: ShardWindow = {},
  options: ShardOptions<'artifact'> = {},
): Promise<Crawled> {
  return withScript(script, async ({ clients, calls }) => {
    const batches: ShardBatch<string>[] = [];
    const crawl = crawlShard(clients, shard(window), options);
    try {
      for (;;) {
        const { done, value } = await crawl.next();
        if (done === true)
          return { batches, rest: value as ArtifactShard | undefined, error: undefined, calls };
        batches.push({ ...value, rows: value.rows.map(nameOf) });
      }
    } catch (error) {
      return { batches, rest: undefined, error, calls };
    }
  });
}

function nameOf({ id }: VertexRow): string {
  return id.replace(`${PREFIX}:artifact/`, '');
}

const twoPages = ({ number }: Call): Answer =>
  number === 1 ? page('ListArtifacts', records(1, 2, 2.5), 'more') : lastPage('ListArtifacts', records(3, 4));

test('a shard of all of time gives all rows, and is done without an end', async () => {
  const { batches, rest, error } = await crawled(twoPages);

  expect({ batches, rest, error }).toEqual({
    batches: [{ rows: ['1', '2', '2.5', '3', '4'] }],
    rest: undefined,
    error: undefined,
  });
});

test('a window is asked for a second wider, and cut by the creation times of its records', async () => {
  const { batches, calls } = await crawled(twoPages, { fromMs: 2_000, toMs: 4_000 });

  expect(batches).toEqual([{ rows: ['2', '2.5', '3'], doneMs: 4_000 }]);
  expect(calls[0]?.input).toMatchObject({ CreatedAfter: 1, CreatedBefore: 5 });
});

test('a shard that pauses gives what is surely whole, and what is left begins at the time it came to', async () => {
  const { batches, rest, calls } = await crawled(twoPages, { toMs: 9_000 }, { isToPause: () => true });

  expect(batches).toEqual([{ rows: ['1', '2'], doneMs: 2_500 }]);
  expect(rest).toEqual(shard({ fromMs: 2_500, toMs: 9_000 }));
  expect(calls).toHaveLength(1);
});

test('a shard on its last page does not pause', async () => {
  const { batches, rest } = await crawled(
    () => lastPage('ListArtifacts', records(1)),
    {},
    { isToPause: () => true },
  );

  expect({ batches, rest }).toEqual({ batches: [{ rows: ['1'] }], rest: undefined });
});

test('an error comes after the rows that were received before it', async () => {
  const broken = (call: Call): Answer =>
    call.number === 1 ? twoPages(call) : { error: 'AccessDeniedException', message: 'no' };

  const { batches, error } = await crawled(broken);

  expect(batches).toEqual([{ rows: ['1', '2'], doneMs: 2_500 }]);
  expect(error).toMatchObject({ outcome: 'accessDenied', details: { page: 2 } });
});

test('an error before the first record is all there is', async () => {
  const { batches, error } = await crawled(() => ({ error: 'ValidationException', message: 'no' }));

  expect(batches).toEqual([]);
  expect(error).toMatchObject({ outcome: 'partialExport', details: { page: 1 } });
});

test('a long shard is given as it comes, never cut through a creation time', async () => {
  const seconds = Array.from({ length: 3_000 }, (_, n) => Math.floor(n / 7) + n / 1e9);
  const script = ({ input }: Call): Answer => {
    const start = Number(input.NextToken ?? 0);
    const items = seconds.slice(start, start + 100).map((second, n) => ({
      ArtifactArn: `${PREFIX}:artifact/${start + n}`,
      CreationTime: Math.floor(second),
    }));
    return start + 100 < seconds.length
      ? page('ListArtifacts', items, String(start + 100))
      : lastPage('ListArtifacts', items);
  };

  const { batches } = await crawled(script);

  const timeOf = (name: string | undefined) => Math.floor(Number(name) / 7) * 1_000;
  expect(
    batches
      .flatMap(({ rows }) => rows)
      .map(Number)
      .sort((a, b) => a - b),
  ).toEqual(seconds.map((_, n) => n));
  expect(batches.length).toBeGreaterThan(10);
  for (const [at, { rows, doneMs }] of batches.entries()) {
    expect(doneMs).toBe(at === batches.length - 1 ? undefined : timeOf(rows.at(-1)) + 1);
    if (at > 0) expect(timeOf(rows[0])).toBeGreaterThan(timeOf(batches[at - 1]?.rows.at(-1)));
  }
});

test('what is left beside windows that are done is the rest of time, in its order', () => {
  const done = [
    { fromMs: 50, toMs: 60 },
    { fromMs: 10, toMs: 20 },
    { fromMs: 20, toMs: 30 },
  ];

  expect(remaining(shard(), done).map(({ window }) => window)).toEqual([
    { toMs: 10 },
    { fromMs: 30, toMs: 50 },
    { fromMs: 60 },
  ]);
  expect(remaining(shard({ fromMs: 10, toMs: 60 }), done).map(({ window }) => window)).toEqual([
    { fromMs: 30, toMs: 50 },
  ]);
  expect(remaining(shard(), [{}])).toEqual([]);
  expect(remaining(shard(), [{ toMs: 5 }, { fromMs: 5 }])).toEqual([]);
  expect(remaining(shard(), [])).toEqual([shard()]);
});

test('every time is in one window that is done or in one that is left', () => {
  const borders = fc.uniqueArray(fc.integer({ min: -20, max: 20 }), { maxLength: 8 });
  fc.assert(
    fc.property(borders, fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }), (places, isDone) => {
      const ends = [undefined, ...places.sort((a, b) => a - b), undefined];
      const windows = ends.slice(1).map((to, at) => windowOf(ends[at], to));
      const done = windows.filter((_, at) => isDone[at] === true);

      const left = remaining(shard(), done.toReversed()).map(({ window }) => window);

      for (let ms = -21; ms <= 21; ms += 1) {
        const holds = ({ fromMs, toMs }: ShardWindow) =>
          ms >= (fromMs ?? Number.NEGATIVE_INFINITY) && ms < (toMs ?? Number.POSITIVE_INFINITY);
        expect([...done, ...left].filter(holds)).toHaveLength(1);
      }
    }),
  );
});
