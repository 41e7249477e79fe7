import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Answer } from '../../../src/graph/answer.ts';
import { renderAnswer } from '../../../src/render/render-answer.ts';
import { HOSTILE_NAMES, hostileAnswer } from '../hostile-answer.ts';
import { startChromium } from './chromium.ts';
import { arnOf, chainAnswer, wideAnswer } from './page-answers.ts';

/* The page in a real browser, opened from a file as people do. */

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let browser: Browser;
let folder: string;

beforeAll(async () => {
  browser = await startChromium();
  folder = await mkdtemp(join(tmpdir(), 'smlineage-page-'));
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true });
});

type Screen = {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
  /** Lets a test run scripts of its own in the page. */
  readonly bypassCSP?: boolean;
};

/** The page of an answer, open and drawn; whatever it says on the console or asks of the network is in `trouble`. */
async function openPage(
  answer: Answer,
  { width = 1280, height = 800, colorScheme = 'light', bypassCSP = false }: Screen = {},
) {
  const file = join(folder, `${Math.random()}.html`);
  await writeFile(file, await renderAnswer(answer, 'html', { askedAt: new Date('2026-11-21T10:00:00Z') }));
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    bypassCSP,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const trouble: string[] = [];
  page.on('console', (message) => trouble.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => trouble.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => trouble.push(`dialog: ${dialog.message()}`));
  page.on('request', (request) => {
    if (!/^(file|blob):/.test(request.url())) trouble.push(`request: ${request.url()}`);
  });
  await page.goto(pathToFileURL(file).href);
  await page.locator('html[data-ready]').waitFor({ state: 'attached' });
  return { page, trouble };
}

/** What the panel of details names, once it does. */
function selectedName(page: Page): Promise<string | null> {
  return page.locator('#details h2').first().textContent();
}

function countText(page: Page): Promise<string | null> {
  return page.locator('#counts').textContent();
}

describe('a page of an answer', () => {
  test.each([
    [1280, 800, 'light'],
    [1280, 800, 'dark'],
    [390, 844, 'light'],
  ] as const)(
    'opens from a file at %i × %i in %s without a word, a request or a bar to scroll sideways',
    async (width, height, colorScheme) => {
      const { page, trouble } = await openPage(chainAnswer(), { width, height, colorScheme });

      expect(trouble).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(await page.evaluate('document.documentElement.dataset.theme')).toBe(colorScheme);
    },
  );

  test('says what was asked, whether the answer is complete, the run and its time', async () => {
    const { page } = await openPage(chainAnswer());

    expect(await page.locator('h1').innerText()).toBe('What depends on raw');
    expect(await page.locator('#completeness').textContent()).toBe('Complete');
    expect(await countText(page)).toBe('6 entities');
    expect(await page.locator('#when').textContent()).toBe(
      'run 20261121T041500.123Z, finished 2026-11-21 04:20 UTC',
    );
    expect(await page.locator('#warning').isVisible()).toBe(false);
    expect(await page.locator('#facts').textContent()).toContain('Asked2026-11-21T10:00:00.000Z');
  });

  test('a partial answer says so where nobody can miss it', async () => {
    const answer = chainAnswer({ complete: false, incompleteReason: 'there is more beyond depth 2' });
    const { page } = await openPage(answer);

    expect(await page.locator('#completeness').textContent()).toBe('Not complete');
    expect(await page.getByRole('alert').textContent()).toBe(
      'This answer is not complete: there is more beyond depth 2.',
    );
  });

  test('an empty answer says what that means', async () => {
    const { page } = await openPage(chainAnswer({ vertices: [], edges: [], reached: 0 }));

    expect(await page.locator('#message').innerText()).toMatch(
      /^Nothing depends on this\n+The answer is complete/,
    );
  });

  test('search finds by name, type and property; Enter shows all of what was found', async () => {
    const { page } = await openPage(chainAnswer());

    await page.keyboard.press('/');
    await page.keyboard.type('s3://bucket/model');
    const hits = page.getByRole('option');
    expect(await hits.allInnerTexts()).toEqual([expect.stringContaining('model')]);
    await page.keyboard.press('Enter');

    expect(await selectedName(page)).toBe('model');
    expect(await page.locator('#details .where').textContent()).toBe('2 hops from the start');
    expect(await page.locator('#details dl').innerText()).toContain('sourceuri\ns3://bucket/model.tar.gz');
    await page.getByRole('button', { name: 'Copy the ARN' }).click();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(chainAnswer().vertices[1]?.id);
  });

  test('search that finds nothing says so', async () => {
    const { page } = await openPage(chainAnswer());

    await page.getByRole('combobox').fill('nowhere to be found');

    expect(await page.getByRole('option').allInnerTexts()).toEqual(['Nothing here has that in it.']);
  });

  test('a filter hides a type, keeps the ways as dots, and can be taken back', async () => {
    const { page } = await openPage(chainAnswer());

    await page.getByRole('checkbox', { name: /SageMakerTrainingJob/ }).uncheck();
    expect(await countText(page)).toBe('5 of 6 entities shown');
    await page.getByRole('checkbox', { name: /^Artifact/ }).uncheck();
    expect(await countText(page)).toBe('3 of 6 entities shown');
    await page.getByRole('button', { name: 'Show all' }).click();
    expect(await countText(page)).toBe('6 entities');
  });

  test('when everything is filtered out, the page says so', async () => {
    const { page } = await openPage(chainAnswer());

    for (const box of await page.locator('#kinds input').all()) await box.uncheck();

    expect(await page.locator('#message').innerText()).toContain('Everything is filtered out');
  });

  test('a click on a card tells all of it and marks what lies up and down', async () => {
    const { page } = await openPage(chainAnswer());

    const train = arnOf('trial_component', 'train');
    const before = await borderOf(page, train);
    const { x, y } = await cardCentre(page, arnOf('artifact', 'model'));
    await page.mouse.click(x, y);

    expect(await selectedName(page)).toBe('model');
    expect(await page.locator('#details').innerText()).toMatch(
      /Made from \(1\)[\s\S]*train[\s\S]*Led to \(2\)/,
    );
    expect(await borderOf(page, train)).not.toEqual(before);
    await page.keyboard.press('Escape');
    expect(await page.locator('#details').isVisible()).toBe(false);
    expect(await borderOf(page, train)).toEqual(before);
  });

  test('the keyboard walks along edges, opens, closes, hides and shows', async () => {
    const { page } = await openPage(chainAnswer());
    const names: (string | null)[] = [];
    await page.locator('#graph').focus();

    for (const key of [
      'Home',
      'ArrowRight',
      'ArrowRight',
      'ArrowRight',
      'ArrowDown',
      'ArrowUp',
      'ArrowLeft',
    ]) {
      await page.keyboard.press(key);
      names.push(await selectedName(page));
    }

    expect(names).toEqual(['raw', 'train', 'model', 'deploy', 'evaluate', 'deploy', 'model']);
    expect(await page.locator('#announcer').textContent()).toBe(
      'model, Model, 2 hops from the start; made from 1, led to 2.',
    );
    await page.keyboard.press('Space');
    expect(await countText(page)).toBe('2 of 6 entities shown');
    await page.keyboard.press('Space');
    expect(await countText(page)).toBe('6 entities');
    await page.keyboard.press('[');
    expect(await page.locator('#hop-count').textContent()).toBe('3 of 4 hops');
    await page.keyboard.press('Enter');
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toBe(
      'Close the details',
    );
    await page.keyboard.press('Escape');
    expect(await page.locator('#details').isVisible()).toBe(false);
  });

  test('every control can be reached by Tab', async () => {
    const { page } = await openPage(chainAnswer());
    const reached = new Set<string>();
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press('Tab');
      reached.add(await page.evaluate('document.activeElement.id || document.activeElement.tagName'));
    }

    expect([...reached]).toEqual(
      expect.arrayContaining([
        'query',
        'toggle-filters',
        'save-image',
        'print-page',
        'toggle-theme',
        'show-help',
        'INPUT',
        'graph',
        'fewer-hops',
        'zoom-in',
        'zoom-out',
        'zoom-fit',
      ]),
    );
  });

  test('the hop counter shows fewer and more', async () => {
    const { page } = await openPage(chainAnswer());

    await page.getByRole('button', { name: 'One hop fewer' }).click();
    await page.getByRole('button', { name: 'One hop fewer' }).click();

    expect(await page.locator('#hop-count').textContent()).toBe('2 of 4 hops');
    expect(await countText(page)).toBe('2 of 6 entities shown');
  });

  test('light and dark change by hand', async () => {
    const { page } = await openPage(chainAnswer());

    await page.locator('#toggle-theme').click();

    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
  });

  test('the graph is saved as a PNG, and printed in light with a table of what it shows', async () => {
    const { page, trouble } = await openPage(chainAnswer(), { colorScheme: 'dark' });

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('#save-image').click(),
    ]);
    expect(download.suggestedFilename()).toBe('lineage.png');
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    await page.emulateMedia({ media: 'print' });

    expect(await page.evaluate("document.querySelector('#print canvas').width")).toBeGreaterThan(1_000);
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('light');
    expect(await page.locator('#print tbody tr').count()).toBe(7);
    expect(await page.locator('main').isVisible()).toBe(false);
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
    expect(trouble).toEqual([]);
  });
});

describe('hostile names', () => {
  test('run no script, ask for nothing, and are shown letter by letter', async () => {
    const { page, trouble } = await openPage(hostileAnswer());
    await page.locator('#graph').focus();
    await page.keyboard.press('Home');
    for (const _ of HOSTILE_NAMES) await page.keyboard.press('ArrowLeft');
    await page.getByRole('combobox').fill('script');
    const hits = await page.getByRole('option').allInnerTexts();

    expect(trouble).toEqual([]);
    expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
    expect(await page.locator('img, iframe, main script, header script').count()).toBe(0);
    expect(hits.join('\n')).toContain('</script><img src=x onerror="globalThis.hacked = true">');
    expect(await page.locator('h1').innerText()).toBe('What made <script>globalThis.hacked = true</script>');
    expect(await page.title()).toBe('What made <script>globalThis.hacked = true</script>');
  });

  test('the policy of the page stops markup that slipped through', async () => {
    const { page } = await openPage(chainAnswer());

    const stopped = await page.evaluate(`new Promise((resolve) => {
      const directives = [];
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
        directives.push(effectiveDirective);
        if (directives.length === 5) resolve(directives.sort());
      });
      document.body.insertAdjacentHTML('beforeend', '<img src="http://127.0.0.1:9/x"><p onclick="globalThis.hacked = true">');
      document.querySelector('p[onclick]').click();
      document.body.append(Object.assign(document.createElement('script'), { textContent: 'globalThis.hacked = true' }));
      document.body.append(Object.assign(document.createElement('style'), { textContent: '* { color: red }' }));
      fetch('http://127.0.0.1:9/').catch(() => undefined);
    })`);

    expect(stopped).toEqual([
      'connect-src',
      'img-src',
      'script-src-attr',
      'script-src-elem',
      'style-src-elem',
    ]);
    expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
  });
});

describe('many entities', () => {
  test('two thousand are drawn one by one, and a click finds one of them', async () => {
    const { page, trouble } = await openPage(wideAnswer(2_000));

    await page.getByRole('combobox').fill('entity-1234');
    await page.keyboard.press('Enter');

    expect(await selectedName(page)).toBe('entity-1234');
    expect(await page.locator('#note').isVisible()).toBe(false);
    expect(trouble).toEqual([]);
  });

  test('above that they are drawn by type, the page says so, and search still finds each', async () => {
    const { page, trouble } = await openPage(wideAnswer(2_500));

    expect(await page.locator('#note').textContent()).toContain(
      'those of one type at one distance are drawn as one',
    );
    await page.getByRole('combobox').fill('entity-2345');
    await page.keyboard.press('Enter');
    expect(await selectedName(page)).toBe('entity-2345');
    await page.getByRole('button', { name: 'Close the details' }).click();
    await page.locator('#graph').focus();
    for (const key of ['Home', 'ArrowRight']) await page.keyboard.press(key);
    expect(await page.locator('#details').innerText()).toMatch(/^Members \(\d+\)$/m);
    expect(trouble).toEqual([]);
  });
});

describe('accessibility', () => {
  test.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
  ] as const)(
    'axe finds nothing in %s at %i px, with details, hits and help open',
    async (colorScheme, width) => {
      const { page } = await openPage(chainAnswer({ complete: false, incompleteReason: 'a limit' }), {
        colorScheme,
        width,
        bypassCSP: true,
      });
      await page.addScriptTag({ path: AXE });
      const found: unknown[] = [];
      const look = async () => found.push(...(await violations(page)));

      await look();
      await page.locator('#graph').focus();
      await page.keyboard.press('Home');
      await look();
      await page.getByRole('combobox').fill('model');
      await look();
      await page.keyboard.press('Escape');
      await page.locator('#show-help').click();
      await look();

      expect(found).toEqual([]);
    },
  );
});

async function violations(page: Page): Promise<readonly unknown[]> {
  return page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => html.slice(0, 160)) })))`);
}

/** Where the centre of a card is on the screen. */
async function cardCentre(page: Page, id: string): Promise<{ readonly x: number; readonly y: number }> {
  return page.evaluate(`(() => {
    const graph = document.querySelector('#graph');
    const { x, y } = graph._cyreg.cy.getElementById(${JSON.stringify(id)}).renderedPosition();
    const box = graph.getBoundingClientRect();
    return { x: x + box.x, y: y + box.y };
  })()`);
}

/** The colours of a strip from above a card to its middle: its border is among them. */
async function borderOf(page: Page, id: string): Promise<readonly number[]> {
  const { x, y } = await cardCentre(page, id);
  return page.evaluate(`(() => {
    const canvas = document.querySelector('#cards');
    const box = canvas.getBoundingClientRect();
    return [...canvas.getContext('2d').getImageData(${x} - box.x, ${y} - box.y - 30, 1, 30).data];
  })()`);
}
