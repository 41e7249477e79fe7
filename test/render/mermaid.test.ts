import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderAnswer } from '../../src/render/render-answer.ts';
import { vertexName } from '../../src/render/vertex-name.ts';
import { hostileAnswer } from './hostile-answer.ts';
import { startChromium } from './page/chromium.ts';

/* Mermaid's parser cleans texts with the help of a browser, so it runs in one. */

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await startChromium();
  page = await browser.newPage();
  await page.addScriptTag({ path: createRequire(import.meta.url).resolve('mermaid/dist/mermaid.min.js') });
});

afterAll(() => browser?.close());

test('Mermaid draws what the answer holds, and every text as it is', async () => {
  const answer = hostileAnswer();
  const text = await renderAnswer(answer, 'mermaid');

  const drawn: { labels: string[]; edges: number; hacked: unknown } = await page.evaluate(`(async () => {
    mermaid.initialize({ startOnLoad: false, maxTextSize: 1e6 });
    await mermaid.parse(${JSON.stringify(text)});
    const { svg } = await mermaid.render('drawn', ${JSON.stringify(text)});
    document.body.innerHTML = svg;
    const labels = [...document.querySelectorAll('.node .nodeLabel')].map((label) => label.innerText);
    return { labels, edges: document.querySelectorAll('.edgePaths path').length, hacked: globalThis.hacked };
  })()`);

  const shown = [answer.start, ...[...answer.vertices, ...answer.between].sort((a, b) => a.depth - b.depth)];
  const plain = (label: string) =>
    label
      .toWellFormed()
      .replace(/[\s\p{Control}\ufffd]+/gu, ' ')
      .trim();
  expect(drawn.labels.map(plain)).toEqual([
    ...shown.map((vertex) => plain(`${vertexName(vertex)} ${vertex.properties.type ?? ''}`)),
    plain(`NOT complete: ${answer.incompleteReason}`),
  ]);
  expect(drawn.edges).toBe(answer.edges.length);
  expect(drawn.hacked).toBeUndefined();
});
