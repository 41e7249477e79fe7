import { expect, test } from 'vitest';
import { ALL_KINDS } from '../../src/graph/kinds.ts';
import type { VertexRow } from '../../src/graph/rows.ts';
import { isInSubset, kindsOf, type Subset } from '../../src/graph/subset.ts';

const CREATED_MS = Date.parse('2026-01-02T00:00:00.500Z');

function row(kind: string, cells: Readonly<Record<string, string>> = {}): VertexRow {
  return { kind, id: `arn:of:${kind}`, orderMs: CREATED_MS, cells } as unknown as VertexRow;
}

test('the whole has all kinds, a subset all but external unless it asks for it', () => {
  expect(kindsOf(null)).toEqual(ALL_KINDS);
  expect(kindsOf({})).toEqual(ALL_KINDS.filter((kind) => kind !== 'external'));
  expect(kindsOf({ kinds: ['artifact', 'external'] })).toEqual(['artifact', 'external']);
});

const artifact = row('artifact', { type: 'Model', sourceuri: 's3://lake/models/1' });

test.each<[string, VertexRow, Subset | null, boolean]>([
  ['any row is in the whole', row('external'), null, true],
  ['a row is in a subset that limits nothing', artifact, {}, true],
  ['an external vertex is not', row('external'), {}, false],
  ['a kind that is asked for is in', artifact, { kinds: ['trial', 'artifact'] }, true],
  ['a kind that is not asked for is out', artifact, { kinds: ['trial'] }, false],
  ['a type that is asked for is in', artifact, { types: ['DataSet', 'Model'] }, true],
  ['a type in another case is another type', artifact, { types: ['model'] }, false],
  ['a row without a type is out where types are asked for', row('artifact'), { types: ['Model'] }, false],
  ['a kind without types is out where types are asked for', row('trial'), { types: ['Model'] }, false],
  ['created at createdAfter is in', artifact, { createdAfter: '2026-01-02T00:00:00.500Z' }, true],
  ['created a millisecond before it is out', artifact, { createdAfter: '2026-01-02T00:00:00.501Z' }, false],
  ['created at createdBefore is out', artifact, { createdBefore: '2026-01-02T00:00:00.500Z' }, false],
  ['created a millisecond before it is in', artifact, { createdBefore: '2026-01-02T00:00:00.501Z' }, true],
  ['a source that begins so is in', artifact, { sourceUriPrefix: 's3://lake/' }, true],
  ['a source in another case is out', artifact, { sourceUriPrefix: 'S3://lake/' }, false],
  ['a row without a source is out', row('artifact'), { sourceUriPrefix: 's3://' }, false],
  ['a kind without sources is out', row('trial'), { sourceUriPrefix: '' }, false],
  ['all limits have to hold', artifact, { kinds: ['artifact'], types: ['DataSet'] }, false],
])('%s', (_, vertex, subset, expected) => {
  expect(isInSubset(vertex, subset)).toBe(expected);
});
