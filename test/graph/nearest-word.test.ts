import { expect, test } from 'vitest';
import { nearestWord } from '../../src/graph/nearest-word.ts';

const KNOWN = ['maxRps', 'maxDelete', 'region', 'role', 'to', 'expectedBucketOwner'];

test.each([
  ['max-rps', 'maxRps'],
  ['MAX_RPS', 'maxRps'],
  ['maxRsp', 'maxRps'],
  ['regoin', 'region'],
  ['regions', 'region'],
  ['rol', 'role'],
  ['expectedBuckteOwners', 'expectedBucketOwner'],
  ['bucket', undefined],
  ['x', undefined],
  ['', undefined],
])('%j is meant for %j', (word, meant) => {
  expect(nearestWord(word, KNOWN)).toBe(meant);
});
