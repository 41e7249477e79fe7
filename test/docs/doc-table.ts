import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'vitest';

/**
 * A page holds this table between the comments `<!-- <name> -->` and `<!-- /<name> -->`. With UPDATE_DOCS=1 in the
 * environment the page is brought up to date instead.
 */
export async function expectTable(page: string, name: string, table: string): Promise<void> {
  const file = new URL(`../../docs/${page}`, import.meta.url);
  const text = await readFile(file, 'utf8');
  const [before, rest = ''] = text.split(`<!-- ${name} -->\n`);
  const [found = '', after] = rest.split(`<!-- /${name} -->\n`);
  expect(after, `docs/${page} has a place for the table ${name}`).toBeDefined();
  if (process.env.UPDATE_DOCS === '1') {
    await writeFile(file, `${before}<!-- ${name} -->\n\n${table}\n\n<!-- /${name} -->\n${after}`);
    return;
  }
  expect(found.trim(), `docs/${page}: run this test with UPDATE_DOCS=1`).toBe(table);
}
