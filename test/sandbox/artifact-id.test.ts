import { expect, test } from 'vitest';
import { artifactId } from '../../src/sandbox/artifact-id.ts';

test('an artifact id is 32 hex digits that depend on the source alone', () => {
  expect(artifactId('s3://bucket/train.csv')).toBe('f4c20dcd65da430436240c22413a353d');
});

test.each([
  ['s3://bucket/train.csv/', 'a trailing slash'],
  ['s3://bucket/Train.csv', 'the case of a letter'],
  [' s3://bucket/train.csv', 'a leading space'],
])('%j is another source than without %s', (uri) => {
  expect(artifactId(uri)).not.toBe(artifactId('s3://bucket/train.csv'));
  expect(artifactId(uri)).toMatch(/^[0-9a-f]{32}$/);
});
