import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { syncReportJsonSchema } from '../../src/runs/sync-report.ts';

const PUBLISHED = new URL('../../docs/schema/sync-report.schema.json', import.meta.url);

test('the published JSON Schema of the report is that of the code', async () => {
  const text = `${JSON.stringify(syncReportJsonSchema(), null, 2)}\n`;
  if (process.env.UPDATE_DOCS === '1') await writeFile(PUBLISHED, text);

  expect(await readFile(PUBLISHED, 'utf8'), 'run this test with UPDATE_DOCS=1').toBe(text);
});
