import { mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { downstream, upstream } from '../../src/lineage/questions.ts';
import { COMPACT_FILE, openRunGraph } from '../../src/runs/run-graph/open.ts';
import { arn, smallAccount, vertexRow, writtenRun } from './written-run.ts';

const EDGES = 'data/edges/edges.csv';
const ARTIFACTS = 'data/nodes/artifacts-nodes.csv';

async function runDirectory(gzip = false): Promise<string> {
  return (await writtenRun(smallAccount(), { gzip })).directory;
}

/** A run of which one file is replaced by what `change` makes of it. */
async function damagedRun(
  path: string,
  change: (content: Buffer) => Buffer | string,
  gzip = false,
): Promise<{ directory: string; file: string }> {
  const directory = await runDirectory(gzip);
  const file = join(directory, path);
  await writeFile(file, change(await readFile(file)));
  return { directory, file };
}

test('a compressed run gives the answers of a plain one', async () => {
  const start = arn('context/endpoint');
  const [plain, compressed] = [await runDirectory(), await runDirectory(true)];

  const answers = await Promise.all(
    [plain, compressed].map(async (directory) =>
      upstream({ graph: await openRunGraph({ directory }), start }),
    ),
  );

  expect({ ...answers[1], source: answers[0]?.source }).toEqual(answers[0]);
  expect(answers[0]?.reached).toBe(7);
});

test('membership edges are followed only where asked for', async () => {
  const graph = await openRunGraph({ directory: await runDirectory() });
  const start = arn('experiment-trial/night');

  expect((await downstream({ graph, start })).reached).toBe(0);
  expect(
    (await downstream({ graph, start, membership: true })).vertices.map(({ depth, id }) => [depth, id]),
  ).toEqual(
    expect.arrayContaining([
      [1, arn('experiment-trial-component/prepare')],
      [1, arn('experiment-trial-component/train')],
      [4, arn('context/endpoint')],
    ]),
  );
});

describe('a text', () => {
  test.each([
    ['as it is spelled', arn('artifact/Clean'), arn('artifact/Clean')],
    ['in another case', arn('artifact/Clean').toUpperCase(), arn('artifact/Clean')],
    ['without any edge', arn('artifact/lonely'), arn('artifact/lonely')],
    ['without any edge, in another case', arn('artifact/LONELY'), arn('artifact/lonely')],
  ])('finds a vertex %s', async (_, text, id) => {
    const graph = await openRunGraph({ directory: await runDirectory() });

    expect(await graph.spelling(text)).toBe(id);
  });

  test.each([
    ['the end of an ARN', 'raw', [arn('artifact/raw')]],
    ['a name', 'CHURN', [arn('context/endpoint')]],
    ['an ARN of another account', 'arn:aws:sagemaker:eu-west-1:1:artifact/model', [arn('artifact/model')]],
    ['nothing at all', 'elsewhere', []],
    ['two letters, which resemble everything', 'tr', []],
  ])('gives as near what resembles %s', async (_, text, near) => {
    const graph = await openRunGraph({ directory: await runDirectory() });

    expect(await graph.spelling(text)).toBeUndefined();
    expect(await graph.resembling(text)).toEqual({ near });
  });

  test('gives five near ones at most', async () => {
    const ids = Array.from({ length: 9 }, (_, index) => arn(`artifact/alike-${index}`));
    const { directory } = await writtenRun({
      vertices: ids.map((id) => vertexRow('artifact', id)),
      edges: [],
    });
    const graph = await openRunGraph({ directory });

    expect(await graph.resembling('alike')).toEqual({ near: ids.slice(0, 5) });
  });
});

test('numbers come as numbers, blank cells not at all, and columns of other writers as they say', async () => {
  const [full, blank] = [arn('artifact/full'), arn('artifact/blank')];
  const { directory } = await damagedRun(
    ARTIFACTS,
    () =>
      `~id,~label,plain,size:Double(single),a\\:b:String\n"${full}","artifact","1",2.5,"it"\n"${blank}","artifact",,,""\n`,
  );
  const graph = await openRunGraph({ directory });

  expect(await graph.vertices([blank, full])).toEqual([
    { id: full, label: 'artifact', properties: { plain: '1', size: 2.5, 'a:b': 'it' } },
    { id: blank, label: 'artifact', properties: {} },
  ]);
});

describe('a file that is not what it was', () => {
  test.each([
    ['an edge file cut off in a quoted cell', EDGES, (content: Buffer) => content.subarray(0, -30)],
    ['an edge file with a ragged line', EDGES, (content: Buffer) => `${content}"only","two"\n`],
  ])('%s cannot be opened', async (_, path, change) => {
    const { directory, file } = await damagedRun(path, change);

    await expect(openRunGraph({ directory })).rejects.toMatchObject({
      outcome: 'validationFailed',
      message: expect.stringMatching(/^.+edges\.csv cannot be read as CSV: .+/),
      hint: 'The file is damaged: export again.',
      details: { file },
    });
  });

  test('a compressed file that is cut off cannot be opened', async () => {
    const { directory, file } = await damagedRun(
      `${EDGES}.gz`,
      (content) => content.subarray(0, content.length - 20),
      true,
    );

    await expect(openRunGraph({ directory })).rejects.toMatchObject({
      outcome: 'validationFailed',
      details: { file },
    });
  });

  test.each([
    ['no ends', EDGES, '~id,~from,~label\n', 'Expected ~from, ~to and ~label in the header of'],
    ['other columns first', ARTIFACTS, '~label,~id\n', 'Expected ~id,~label first in the header of'],
  ])('a header with %s is refused', async (_, path, header, message) => {
    const { directory, file } = await damagedRun(path, () => header);
    const look = async () => (await openRunGraph({ directory })).vertices([arn('artifact/raw')]);

    await expect(look()).rejects.toMatchObject({
      outcome: 'validationFailed',
      message: `${message} ${file}, got ${header.trim()}.`,
      details: { file },
    });
  });

  test('a vertex file with a ragged line cannot be opened', async () => {
    const { directory, file } = await damagedRun(ARTIFACTS, (content) => `${content}"one cell"\n`);

    await expect(openRunGraph({ directory })).rejects.toMatchObject({
      outcome: 'validationFailed',
      message: expect.stringMatching(
        /^.+artifacts-nodes\.csv cannot be read as CSV: line 6: 1 fields, not \d+$/,
      ),
      details: { file },
    });
  });
});

test.each([
  ['a directory without an edges file', async (directory: string) => rm(join(directory, EDGES))],
  ['a directory without data', async (directory: string) => rm(join(directory, 'data'), { recursive: true })],
])('%s is no run', async (_, spoil) => {
  const directory = await runDirectory();
  await spoil(directory);

  await expect(openRunGraph({ directory })).rejects.toMatchObject({
    outcome: 'usage',
    message: `${directory} is not a run: it holds no data/edges/edges.csv.`,
    details: { directory },
  });
});

test('files that are no CSV are left alone, and a folder may hold both forms', async () => {
  const directory = await runDirectory();
  await writeFile(join(directory, 'data/edges/README'), 'not CSV, "at all');
  const more = '~id,~from,~to,~label\n"e","a","b","X"\n';
  await writeFile(join(directory, 'data/edges/more.csv.gz'), gzipSync(more));
  const graph = await openRunGraph({ directory });

  expect(await graph.edges(['a'], 'downstream')).toMatchObject([{ from: 'a', to: 'b', label: 'X' }]);
});

test('an interrupted reading ends with an AbortError', async () => {
  const directory = await runDirectory();

  await expect(openRunGraph({ directory, signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError',
  });
  const graph = await openRunGraph({ directory });
  await expect(graph.vertices([arn('artifact/raw')], { signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError',
  });
});

test('says where it is and, if so, why it may lack something', async () => {
  const directory = await runDirectory();

  expect(await openRunGraph({ directory })).not.toHaveProperty('incompleteReason');
  expect(await openRunGraph({ directory, incompleteReason: 'half' })).toMatchObject({
    name: directory,
    incompleteReason: 'half',
  });
});

describe('the compact graph that is kept beside the files', () => {
  const start = arn('context/endpoint');
  const compact = (directory: string) => join(directory, COMPACT_FILE);
  const answer = async (directory: string, keep = true) =>
    upstream({ graph: await openRunGraph({ directory, keep }), start });

  test.each([false, true])('gives the answers of one in memory, once made (compressed: %s)', async (gzip) => {
    const directory = await runDirectory(gzip);

    const inMemory = await answer(directory, false);
    expect(await readdir(directory)).not.toContain(COMPACT_FILE);
    const made = await answer(directory);
    const before = await stat(compact(directory));
    const reused = await answer(directory);

    expect([made, reused]).toEqual([inMemory, inMemory]);
    expect((await stat(compact(directory))).ino).toBe(before.ino);
    expect((await readdir(directory)).filter((name) => name.includes('partial'))).toEqual([]);
  });

  test.each<[string, (directory: string) => Promise<unknown>]>([
    [
      'made of other files',
      async (directory) => {
        await answer(directory);
        const file = join(directory, EDGES);
        await writeFile(file, await readFile(file));
        await utimes(file, 1, 1);
      },
    ],
    ['cut off', async (directory) => truncate(compact(directory), 70_000)],
    ['of another form', async (directory) => writeFile(compact(directory), 'something else')],
    ['empty', async (directory) => writeFile(compact(directory), '')],
  ])('is made again where it is %s', async (_, spoil) => {
    const directory = await runDirectory();
    const before = await answer(directory);
    await spoil(directory);
    const { ino } = await stat(compact(directory));

    expect(await answer(directory)).toEqual(before);
    expect((await stat(compact(directory))).ino).not.toBe(ino);
  });

  test('is left out where it cannot be written', async () => {
    const directory = await runDirectory();
    // A directory of that name stands in the way of any user, root too.
    await mkdir(compact(directory));

    expect((await answer(directory)).reached).toBe(7);
    expect((await readdir(directory)).filter((name) => name.includes('partial'))).toEqual([]);
  });
});
