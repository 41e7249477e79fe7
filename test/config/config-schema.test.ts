import { readFile, writeFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { configJsonSchema, configSchema, scopesOf } from '../../src/config/config-schema.ts';

const PUBLISHED = new URL('../../docs/schema/config.schema.json', import.meta.url);

test('the published JSON Schema is that of the code', async () => {
  const text = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
  if (process.env.UPDATE_DOCS === '1') await writeFile(PUBLISHED, text);

  expect(await readFile(PUBLISHED, 'utf8'), 'run this test with UPDATE_DOCS=1').toBe(text);
});

test.each([
  {},
  { $schema: './config.schema.json', region: 'us-gov-west-1', maxRps: 0.5, maxDelete: '2.5%' },
  { verifySample: 'all', maxDelete: 0, kinds: ['artifact'], promote: ['metrics.train:loss.min'] },
  { endpoint: 'db.cluster-abc.us-east-1.neptune.amazonaws.com:8182', lease: '90s' },
  { scopes: [{ regions: ['eusc-de-east-1'], role: { arn: 'arn:aws-eusc:iam::123456789012:role/a/b+c' } }] },
  { regions: ['us-east-1'] },
  { region: 'us-east1' },
  { region: '' },
  { maxRps: 0 },
  { maxRps: '5' },
  { concurrency: 1.5 },
  { concurrency: 101 },
  { to: 's3://Bucket/x' },
  { kinds: [] },
  { kinds: ['model'] },
  { types: ['a,b'] },
  { tags: 'yes' },
  { maxDelete: '101%' },
  { lease: 120 },
  { scopes: [] },
  { scopes: [{ regions: [] }] },
  { scopes: [{ regions: ['us-east-1'], account: 123456789012 }] },
  { scopes: [{ regions: ['us-east-1'], role: { arn: 'arn:aws:iam::123456789012:user/x' } }] },
  { scopes: [{ regions: ['us-east-1'], role: 'arn:aws:iam::123456789012:role/x' }] },
])('an editor that knows the JSON Schema judges %j as the command line does', async (config) => {
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
    JSON.parse(await readFile(PUBLISHED, 'utf8')),
  );

  expect(validate(config)).toBe(configSchema.safeParse(config).success);
});

test('an account with several Regions is a scope for each', () => {
  const role = { arn: 'arn:aws:iam::210987654321:role/lineage', externalId: 'an-id' };

  expect(
    scopesOf({
      scopes: [
        { account: '210987654321', role, regions: ['us-east-1', 'eu-west-1'] },
        { regions: ['us-east-1'] },
      ],
    }),
  ).toEqual([
    { account: '210987654321', role, region: 'us-east-1' },
    { account: '210987654321', role, region: 'eu-west-1' },
    { region: 'us-east-1' },
  ]);
  expect(scopesOf({})).toEqual([]);
});
