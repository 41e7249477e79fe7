import { once } from 'node:events';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { queryAsWritten } from '../../src/graph/gremlin.ts';
import { isRead } from '../../src/graph/query-text.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { engineProxy } from '../neptune/engine-proxy.ts';
import { startChromium } from '../render/page/chromium.ts';
import { edgeRow, vertexRow, writtenRun } from '../runs/written-run.ts';
import { smlineage, startSmlineage } from './smlineage.ts';

/* The page over a real engine: what it asks for, when, and what it says where the engine fails it. */

const ACCOUNT = 'arn:aws:sagemaker:us-east-1:123456789012';
const HUB = `${ACCOUNT}:artifact/hub`;
const MODEL = `${ACCOUNT}:artifact/model`;
const jobs = Array.from({ length: 320 }, (_, at) => `${ACCOUNT}:experiment-trial-component/job-${at}`);

let sandbox: Sandbox;
let proxy: Awaited<ReturnType<typeof engineProxy>>;
let browser: Browser;

beforeAll(async () => {
  [sandbox, browser] = await Promise.all([startSandbox(), startChromium()]);
  proxy = await engineProxy(sandbox.url);
  const { directory } = await writtenRun({
    vertices: [
      vertexRow('artifact', HUB, { type: 'DataSet', name: 'hub' }),
      vertexRow('artifact', MODEL, { type: 'Model', name: 'model' }),
      ...jobs.map((id) => vertexRow('trial_component', id, { type: 'SageMakerTrainingJob' })),
    ],
    edges: [
      ...jobs.map((id) => edgeRow(HUB, 'ContributedTo', id)),
      edgeRow(jobs[0] ?? '', 'Produced', MODEL),
    ],
  });
  const { environment: env } = sandbox;
  const uploaded = await smlineage(['upload', directory, '--to', 's3://lineage/run', '--quiet'], { env });
  const role = 'arn:aws:iam::123456789012:role/any';
  const loaded = await smlineage(['load', uploaded.stdout.trim(), '--role', role, '--quiet'], { env });
  expect([uploaded.exitCode, loaded.exitCode]).toEqual([0, 0]);
}, 90_000);

beforeEach(() => Object.assign(proxy, { trouble: 'none', untroubled: 0, queries: [] }));

afterAll(async () => {
  await browser?.close();
  await proxy?.close();
  await sandbox?.close();
});

async function served(entity: string) {
  const child = startSmlineage(['serve', entity, '--graph', proxy.url], { env: sandbox.environment });
  onTestFinished(() => void child.kill('SIGINT'));
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { url: new URL(line), child };
}

async function got(url: URL, path: string, method = 'GET') {
  const [response] = await once(request(new URL(path, url), { method }).end(), 'response');
  return { status: response.statusCode, body: await text(response) };
}

const neighboursOf = (id: string, offset = 0) =>
  `neighbours?${new URLSearchParams({ id, offset: String(offset) })}`;

test('a page shows what is near, and asks the cluster for more when it is told to, by reads alone', async () => {
  const { url, child } = await served('model');
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const trouble: string[] = [];
  page.on('console', (message) => trouble.push(message.text()));
  page.on('pageerror', (error) => trouble.push(error.message));

  await page.goto(url.href);
  await page.locator('html[data-ready]').waitFor({ state: 'attached' });
  expect(await page.locator('#counts').textContent()).toBe('1 entity');
  const before = proxy.queries.length;
  await page.locator('#graph').focus();
  for (const key of ['Home', 'ArrowLeft']) await page.keyboard.press(key);
  await page.getByRole('button', { name: 'Load 1 more' }).click();
  await page.locator('#counts', { hasText: '2 entities' }).waitFor();

  expect(proxy.queries.length).toBeGreaterThan(before);
  expect(proxy.queries.filter((query) => !isRead(queryAsWritten(query)))).toEqual([]);
  expect(trouble).toEqual([]);
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([0, null]);
});

describe('the server over a cluster', () => {
  test('gives the neighbours of a hub a few hundred at a time, each with how many it has', async () => {
    const { url } = await served('hub');

    const first = JSON.parse((await got(url, neighboursOf(HUB))).body);
    const second = JSON.parse((await got(url, neighboursOf(HUB, first.next))).body);

    expect([first.vertices.length, first.next, second.vertices.length, second.next]).toEqual([
      ...[300, 300, 20, undefined],
    ]);
    const all = [...first.vertices, ...second.vertices];
    expect(all.map(({ id }) => id).sort()).toEqual(jobs.toSorted());
    expect(all.filter(({ links }) => links === 2).map(({ id }) => id)).toEqual([jobs[0]]);
  });

  test('lets nobody in without the token, and nobody write', async () => {
    const { url } = await served('model');
    const before = proxy.queries.length;

    expect((await got(url, `/${neighboursOf(HUB)}`)).status).toBe(404);
    expect((await got(url, '', 'POST')).status).toBe(405);
    expect(proxy.queries.length).toBe(before);
  });

  test.each([
    ['dies half-way through a reply', 'cut', 'the connection broke (ECONNRESET)'],
    ['runs out of time', 'timeout', 'TimeLimitExceededException'],
  ] as const)('says so where the engine %s, and goes on when it is back', async (_, trouble, told) => {
    const { url } = await served('model');

    Object.assign(proxy, { trouble, untroubled: 2 });
    const failed = [await got(url, neighboursOf(jobs[0] ?? '')), await got(url, '?start=hub')];
    Object.assign(proxy, { trouble: 'none' });
    const again = await got(url, neighboursOf(jobs[0] ?? ''));

    expect(failed.map(({ status }) => status)).toEqual([500, 500]);
    for (const { body } of failed) expect(body).toContain(`Cannot answer the query at ${proxy.url}: ${told}`);
    expect(again.status).toBe(200);
    expect(JSON.parse(again.body).vertices).toHaveLength(2);
  });

  test('a page whose engine died says so where its reader looks, and keeps what it has', async () => {
    const { url } = await served('model');
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(url.href);
    await page.locator('html[data-ready]').waitFor({ state: 'attached' });

    Object.assign(proxy, { trouble: 'cut' });
    await page.locator('#graph').focus();
    for (const key of ['Home', 'ArrowLeft']) await page.keyboard.press(key);
    await page.getByRole('button', { name: 'Load 1 more' }).click();

    await page.getByText('The neighbours could not be loaded: Cannot answer the query').waitFor();
    expect(await page.locator('#counts').textContent()).toBe('1 entity');
  });

  test('an engine that is dead from the start is told on the terminal, with no address', async () => {
    Object.assign(proxy, { trouble: 'cut' });
    const { environment: env } = sandbox;

    const { exitCode, stdout, stderr } = await smlineage(['serve', 'model', '--graph', proxy.url], { env });

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(
      `smlineage: Cannot answer the query at ${proxy.url}: the connection broke (ECONNRESET).`,
    );
  });
});
