import { once } from 'node:events';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startPageServer } from '../../src/cli/serve/page-server.ts';
import { LineageError } from '../../src/errors.ts';
import { startChromium } from '../render/page/chromium.ts';
import { edgeRow, vertexRow, writtenRun } from '../runs/written-run.ts';
import { smlineage, startSmlineage } from './smlineage.ts';

describe('the server', () => {
  const handlers = {
    page: async (start = 'the first') => {
      if (start === 'nowhere')
        throw new LineageError('usage', 'There is no "nowhere".', { hint: 'Look again.' });
      if (start === 'broken') throw new Error('a defect');
      return `<p>${start}</p>`;
    },
    neighbours: async (id: string, offset: number) => ({ id, offset }),
  };

  async function started() {
    const failures: unknown[] = [];
    const server = await startPageServer(handlers, { port: 0, failed: (error) => failures.push(error) });
    onTestFinished(() => server.close());
    return { url: new URL(server.url), failures };
  }

  type Sent = { readonly path?: string; readonly method?: string; readonly headers?: Record<string, string> };

  async function send(url: URL, { path = '', method = 'GET', headers = {} }: Sent = {}) {
    const sent = request(new URL(path, url), { method, headers }).end();
    const [response] = await once(sent, 'response');
    return { status: response.statusCode, headers: response.headers, body: await text(response) };
  }

  test('gives the page of the first entity, of any other, and neighbours', async () => {
    const { url } = await started();

    expect((await send(url)).body).toBe('<p>the first</p>');
    expect((await send(url, { path: '?start=other' })).body).toBe('<p>other</p>');
    expect(JSON.parse((await send(url, { path: 'neighbours?id=x&offset=3' })).body)).toEqual({
      id: 'x',
      offset: 3,
    });
  });

  test.each<[string, Sent, number]>([
    ['without the token', { path: '/' }, 404],
    ['with another token', { path: `/${'x'.repeat(32)}/` }, 404],
    ['of anything else', { path: 'etc/passwd' }, 404],
    ['under another name, as after DNS rebinding', { headers: { host: 'evil.example:80' } }, 421],
    ['under its name at another port', { headers: { host: '127.0.0.1:1' } }, 421],
    ['from a page of another site', { headers: { 'sec-fetch-site': 'cross-site' } }, 403],
    ['from another port of this machine', { headers: { 'sec-fetch-site': 'same-site' } }, 403],
    ['to change anything', { method: 'POST' }, 405],
    ['by a preflight', { method: 'OPTIONS', headers: { origin: 'http://evil.example' } }, 405],
    ['for an offset that is none', { path: 'neighbours?id=x&offset=-1' }, 400],
    ['for an entity that is not there', { path: '?start=nowhere' }, 404],
  ])('refuses a request %s', async (_, sent, status) => {
    const { url, failures } = await started();

    const reply = await send(url, sent);

    expect(reply.status).toBe(status);
    expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(failures).toEqual([]);
  });

  test('tells what a refusal says, and reports a defect', async () => {
    const { url, failures } = await started();

    expect((await send(url, { path: '?start=nowhere' })).body).toBe('There is no "nowhere".\nLook again.');
    expect((await send(url, { path: '?start=broken' })).status).toBe(500);
    expect(failures).toEqual([new Error('a defect')]);
  });

  test('lets no one frame, cache, sniff or refer', async () => {
    const { url } = await started();

    expect((await send(url)).headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': "frame-ancestors 'none'",
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
  });

  test('says which port is taken', async () => {
    const { url } = await started();

    await expect(
      startPageServer(handlers, { port: Number(url.port), failed: () => undefined }),
    ).rejects.toMatchObject({
      outcome: 'usage',
      message: `port ${url.port} is taken.`,
    });
  });
});

describe('serve', () => {
  const ACCOUNT = 'arn:aws:sagemaker:us-east-1:123456789012';
  const HUB = `${ACCOUNT}:artifact/hub`;
  const MODEL = `${ACCOUNT}:artifact/model`;
  const jobs = Array.from({ length: 320 }, (_, at) => `${ACCOUNT}:experiment-trial-component/job-${at}`);

  let run: string;
  let browser: Browser;

  beforeAll(async () => {
    browser = await startChromium();
    const { directory } = await writtenRun({
      vertices: [
        vertexRow('artifact', HUB, { type: 'DataSet', name: 'hub' }),
        vertexRow('artifact', MODEL, { type: 'Model', name: 'model' }),
        ...jobs.map((id, at) =>
          vertexRow('trial_component', id, { type: 'SageMakerTrainingJob', name: `job-${at}` }),
        ),
      ],
      edges: [
        ...jobs.map((id) => edgeRow(HUB, 'ContributedTo', id)),
        edgeRow(jobs[0] ?? '', 'Produced', MODEL),
      ],
    });
    run = directory;
  });

  afterAll(() => browser?.close());

  async function openPage(url: string): Promise<{ page: Page; trouble: readonly string[] }> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const trouble: string[] = [];
    page.on('console', (message) => trouble.push(message.text()));
    page.on('pageerror', (error) => trouble.push(error.message));
    await page.goto(url);
    await page.locator('html[data-ready]').waitFor({ state: 'attached' });
    return { page, trouble };
  }

  test('shows the neighbourhood of an entity, loads more where it is asked, finds what is not shown, and ends at Ctrl-C', async () => {
    const child = startSmlineage(['serve', 'model', '--graph', run]);
    const [url] = await once(createInterface({ input: child.stdout }), 'line');
    const { page, trouble } = await openPage(url);
    const counts = page.locator('#counts');

    expect(await page.locator('h1').innerText()).toBe('Around model');
    expect(await page.locator('#completeness').textContent()).toBe('Loaded on demand');
    expect(await counts.textContent()).toBe('1 entity');
    await page.locator('#graph').focus();
    for (const key of ['Home', 'ArrowLeft']) await page.keyboard.press(key);
    await page.getByRole('button', { name: 'Load 1 more' }).click();
    await page.locator('#counts', { hasText: '2 entities' }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('#graph').focus();
    for (const key of ['Home', 'ArrowLeft', 'ArrowLeft']) await page.keyboard.press(key);
    expect(await page.locator('#details h2').first().textContent()).toBe('hub');
    await page.getByRole('button', { name: 'Load 319 more' }).click();
    await page.locator('#counts', { hasText: /^30\d entities/ }).waitFor();
    await page.getByRole('button', { name: /^Load \d+ more/ }).click();
    await page.locator('#counts', { hasText: '321 entities' }).waitFor();

    await page.getByRole('combobox').fill('hub');
    await page.getByText('in the whole graph').click();
    await page.locator('h1', { hasText: 'Around hub' }).waitFor();
    expect(trouble).toEqual([]);
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([0, null]);
  });

  test('an entity that is not there is told at once', async () => {
    const { exitCode, stdout, stderr } = await smlineage(['serve', 'nobody', '--graph', run]);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('"nobody"');
  });
});
