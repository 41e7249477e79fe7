import { expect, test } from 'vitest';
import { asFolder, formatS3Uri, parseS3Uri, under } from '../../src/neptune/s3-uri.ts';

test.each([
  ['s3://bucket', { bucket: 'bucket', key: '' }],
  ['s3://bucket/', { bucket: 'bucket', key: '' }],
  ['s3://my.bucket-1/a/b', { bucket: 'my.bucket-1', key: 'a/b' }],
  ['s3://bucket/a b/é%20?x#y/', { bucket: 'bucket', key: 'a b/é%20?x#y/' }],
])('%s is read as it stands', (text, location) => {
  expect(parseS3Uri(text)).toEqual(location);
});

test.each([
  ['', 'Expected an S3 URI, got "".'],
  ['bucket/prefix', 'Expected an S3 URI, got "bucket/prefix".'],
  ['https://s3.amazonaws.com/b/k', 'Expected an S3 URI, got "https://s3.amazonaws.com/b/k".'],
  ['s3://', 'Expected the name of a bucket in "s3://", got none.'],
  ['s3:///prefix', 'Expected the name of a bucket in "s3:///prefix", got none.'],
  ['s3://My_Bucket/x', 'Expected the name of a bucket in "s3://My_Bucket/x", got "My_Bucket".'],
  ['s3://ab', 'Expected the name of a bucket in "s3://ab", got "ab".'],
])('%j is refused', (text, message) => {
  expect(() => parseS3Uri(text)).toThrow(expect.objectContaining({ outcome: 'usage', message }));
});

test('a folder ends in a slash, once, and a bucket is one as it is', () => {
  expect(
    ['s3://bkt/a', 's3://bkt/a/', 's3://bkt'].map((uri) => formatS3Uri(asFolder(parseS3Uri(uri)))),
  ).toEqual(['s3://bkt/a/', 's3://bkt/a/', 's3://bkt/']);
  expect(under(parseS3Uri('s3://bkt/a'), 'runs/1/')).toEqual({ bucket: 'bkt', key: 'a/runs/1/' });
  expect(under(parseS3Uri('s3://bkt'), 'x')).toEqual({ bucket: 'bkt', key: 'x' });
});
