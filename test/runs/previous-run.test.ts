import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ALL_KINDS } from '../../src/graph/kinds.ts';
import { previousScope } from '../../src/runs/previous-run.ts';
import { type Manifest, writeManifest } from '../../src/snapshot/manifest.ts';
import { temporaryDirectory } from './run-tree.ts';

const [FIRST, SECOND, THIRD] = [1, 2, 3].map((day) => `2026010${day}T041500.123Z`) as [
  string,
  string,
  string,
];
const SCOPE = { account: '123456789012', region: 'eu-west-1' };

function manifest(run: string, other: Partial<Manifest> = {}): Manifest {
  return {
    format: 1,
    run,
    tool: 'test',
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:01.000Z',
    complete: true,
    scopes: [SCOPE],
    subset: null,
    detail: 'summary',
    tags: false,
    promoted: [],
    vertices: Object.fromEntries(ALL_KINDS.map((kind) => [kind, 0])) as Manifest['vertices'],
    edges: {},
    files: [],
    ...other,
  };
}

async function outWith(runs: Readonly<Record<string, Manifest | string | undefined>>): Promise<string> {
  const out = await temporaryDirectory();
  for (const [name, content] of Object.entries(runs)) {
    await mkdir(join(out, name));
    if (typeof content === 'string') await writeFile(join(out, name, 'manifest.json'), content);
    else if (content !== undefined) await writeManifest(join(out, name), content);
  }
  return out;
}

test('the previous run is the latest before this one', async () => {
  const out = await outWith({
    [FIRST]: manifest(FIRST),
    [SECOND]: manifest(SECOND),
    [THIRD]: manifest(THIRD),
  });

  expect(await previousScope(out, { run: THIRD, ...SCOPE })).toEqual({
    run: SECOND,
    rows: manifest(SECOND).vertices,
  });
  expect(await previousScope(out, { run: FIRST, ...SCOPE })).toBeUndefined();
});

test.each<[string, Record<string, Manifest | string | undefined>]>([
  ['of a subset', { [SECOND]: manifest(SECOND, { subset: { kinds: ['artifact'] } }) }],
  ['that is not complete', { [SECOND]: manifest(SECOND, { complete: false }) }],
  ['of another account', { [SECOND]: manifest(SECOND, { scopes: [{ ...SCOPE, account: '999999999999' }] }) }],
  ['of another region', { [SECOND]: manifest(SECOND, { scopes: [{ ...SCOPE, region: 'us-east-1' }] }) }],
  ['that was cut short', { [`${SECOND}.partial`]: manifest(SECOND) }],
  ['without its manifest', { [SECOND]: undefined }],
  ['with a manifest of another version', { [SECOND]: '{"format":99}' }],
  ['with a manifest that is no JSON', { [SECOND]: '{' }],
  ['whose name is none of ours', { 'my-run': manifest(SECOND) }],
])('a run %s is passed over', async (_, runs) => {
  const out = await outWith({ [FIRST]: manifest(FIRST), ...runs });

  expect(await previousScope(out, { run: THIRD, ...SCOPE })).toEqual({
    run: FIRST,
    rows: manifest(FIRST).vertices,
  });
});

test('a run of several scopes stands for those that it holds all of, with their own rows', async () => {
  const other = { ...SCOPE, account: '999999999999' };
  const rows = {
    ...(manifest(SECOND).vertices as object),
    association: 0,
    HasTrial: 0,
    HasTrialComponent: 0,
  };
  const { external: _, ...listed } = rows as Record<string, number>;
  const several = manifest(SECOND, {
    complete: false,
    scopes: [
      { ...SCOPE, verdict: 'complete', rows: { ...listed, artifact: 3 } as never },
      { ...other, verdict: 'denied', reason: 'no', rows: listed as never },
    ],
  });
  const out = await outWith({ [FIRST]: manifest(FIRST, { scopes: [other] }), [SECOND]: several });

  expect(await previousScope(out, { run: THIRD, ...SCOPE })).toEqual({
    run: SECOND,
    rows: { ...listed, artifact: 3 },
  });
  expect(await previousScope(out, { run: THIRD, ...other })).toMatchObject({ run: FIRST });
});

test('where nothing names the account, as when all kinds came back empty, the region decides', async () => {
  const out = await outWith({ [FIRST]: manifest(FIRST) });

  expect(await previousScope(out, { run: THIRD, account: null, region: SCOPE.region })).toEqual({
    run: FIRST,
    rows: manifest(FIRST).vertices,
  });
  expect(await previousScope(out, { run: THIRD, account: null, region: 'us-east-1' })).toBeUndefined();
});
