import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { renderAnswer } from '../dist/render/render-answer.js';
import { accountAnswer } from './page/account-answer.mjs';

const SIZES = [10, 200, 2_000, 10_000];
const ROUNDS = 5;
/** For the largest page that is drawn entity by entity. */
const LIMIT = { entities: 2_000, seconds: 3 };

/** How long it takes to write the page of an answer, and until a reader can use it. */
export async function* run() {
  const folder = await mkdtemp(join(tmpdir(), 'smlineage-bench-page-'));
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const rows = [];
  for (const entities of SIZES) {
    const answer = accountAnswer(entities);
    const writing = middle(await rounds(() => timed(() => renderAnswer(answer, 'html'))));
    const page = await renderAnswer(answer, 'html');
    const file = join(folder, `${entities}.html`);
    await writeFile(file, page);
    const openings = await rounds(() => opened(browser, file));
    const median = (figure) => middle(openings.map((opening) => opening[figure]));
    rows.push({
      entities: entities.toLocaleString('en-US'),
      associations: answer.edges.length.toLocaleString('en-US'),
      'page, MB': (page.length / 1e6).toFixed(1),
      'written in, ms': writing.toFixed(0),
      'a card selected after, s': median('seconds').toFixed(2),
      'CPU of the page, s': median('cpuSeconds').toFixed(2),
      'limit, s': entities === LIMIT.entities ? String(LIMIT.seconds) : '',
    });
  }
  await browser.close();
  await rm(folder, { recursive: true });
  yield {
    title: `The page of an answer over a generated account, in Chromium (median of ${ROUNDS}): from a new tab until the drawing is there and a key has selected a card`,
    rows,
  };
}

/** `cpuSeconds`: work of the page's main thread, whatever else the machine does meanwhile. */
async function opened(browser, file) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const milliseconds = await timed(async () => {
    await page.goto(pathToFileURL(file).href);
    await page.locator('html[data-ready]').waitFor({ state: 'attached' });
    await page.locator('#graph').press('Home');
    await page.locator('#details h2').first().waitFor();
  });
  const { metrics } = await devtools.send('Performance.getMetrics');
  await page.close();
  const task = metrics.find(({ name }) => name === 'TaskDuration');
  return { seconds: milliseconds / 1000, cpuSeconds: task?.value ?? Number.NaN };
}

async function timed(act) {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

async function rounds(measure) {
  const figures = [];
  for (let round = 0; round < ROUNDS; round += 1) figures.push(await measure());
  return figures;
}

function middle(figures) {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)];
}
