import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { upstream } from '../../src/lineage/questions.ts';
import { openRun } from '../../src/runs/open-run.ts';
import { writeManifest } from '../../src/snapshot/manifest.ts';
import { arn, smallAccount, writtenRun } from './written-run.ts';

const ENDPOINT = arn('context/endpoint');

test.each([false, true])('a finished run answers from its files (compressed: %s)', async (gzip) => {
  const { directory } = await writtenRun(smallAccount(), { gzip });

  const graph = await openRun({ directory });

  expect(graph.name).toBe(directory);
  expect(await upstream({ graph, start: ENDPOINT })).toMatchObject({ complete: true, reached: 7 });
});

test('a run that does not hold the whole account gives no answer that is complete', async () => {
  const { directory, manifest } = await writtenRun(smallAccount(), { complete: false });

  expect(await upstream({ graph: await openRun({ directory }), start: ENDPOINT })).toMatchObject({
    complete: false,
    incompleteReason: `run ${manifest.run} does not hold the whole account`,
    reached: 7,
  });
});

test('an answer says which accounts the run lacks, and that it was limited', async () => {
  const { directory, manifest } = await writtenRun(smallAccount(), { complete: false });
  const scope = { region: 'us-east-1' } as const;
  const [a, b, c] = ['111111111111', '222222222222', '333333333333'];
  await writeManifest(directory, {
    ...manifest,
    subset: { kinds: ['artifact'] },
    scopes: [
      { ...scope, account: a, verdict: 'complete' },
      { ...scope, account: b, verdict: 'denied' },
      { ...scope, account: c, verdict: 'failed' },
      { region: 'mx-central-1', account: a, verdict: 'unsupported' },
    ],
  });

  expect((await openRun({ directory })).incompleteReason).toBe(
    `run ${manifest.run} was limited to a subset of the account: {"kinds":["artifact"]}; run ${manifest.run} holds nothing of account ${b} in us-east-1 (access denied), nor of account ${c} in us-east-1 (it failed)`,
  );
});

test('a directory without a manifest is no finished run', async () => {
  const { directory } = await writtenRun(smallAccount());
  await rm(join(directory, 'manifest.json'));

  await expect(openRun({ directory })).rejects.toMatchObject({
    outcome: 'usage',
    message: `${directory} is not a run: it holds no manifest.json.`,
  });
});

test('a run whose edges are damaged, and a manifest that is none, are refused', async () => {
  const { directory } = await writtenRun(smallAccount());
  await writeFile(join(directory, 'data/edges/edges.csv'), '~id,~from,~to,~label\n"cut o');

  await expect(openRun({ directory })).rejects.toMatchObject({ outcome: 'validationFailed' });
  await writeFile(join(directory, 'manifest.json'), '{}');
  await expect(openRun({ directory })).rejects.toMatchObject({
    outcome: 'validationFailed',
    message: expect.stringContaining(`${join(directory, 'manifest.json')} is not a manifest of this version`),
  });
});

test('opening stops when the signal fires', async () => {
  const { directory } = await writtenRun(smallAccount());

  await expect(openRun({ directory, signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError',
  });
});
