import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { S3Client } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { crawlClients } from '../dist/crawl/clients.js';
import { LISTING_OPERATIONS } from '../dist/crawl/listings.js';
import { windowsOf } from '../dist/runs/crawl-scope.js';
import { crawlShardToS3 } from '../dist/runs/crawl-shards.js';
import { startSandbox } from '../dist/sandbox/sandbox.js';

export const FLAGS = ['--full'];

/** The size of the case, and as many of its scopes as a machine of two cores can serve and crawl at once. */
const FULL = { scopes: 40, entities: 50_000, callsPerSecond: 5 };
const SCALED = { scopes: 8, entities: 50_000, callsPerSecond: 5 };
/** Scopes that are crawled one at a time, from which the time for all is told. */
const ALONE = 1;
const PROCESSES = 2;
/** A function is given so long before it hands back what is left. */
const TURN_MS = 30_000;

const region = 'us-east-1';
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' };

/**
 * Crawls many scopes as the state machine does: each listing of each scope is a function that hands back what it has no time
 * for. SageMaker's limit is each account's own, so that scopes side by side should take no longer than the largest alone.
 */
export async function* run(flags) {
  const size = flags.has('--full') ? FULL : SCALED;
  const servers = await serve(size);
  const store = await startSandbox({ gremlin: false });
  const s3 = new S3Client({ endpoint: store.url, region, credentials, forcePathStyle: true });
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const scratch = mkdtempSync(join(tmpdir(), 'smlineage-fan-out-'));
  const disk = watchDisk(scratch);
  try {
    const crawl = (url, at, of) =>
      crawlScope(url, { s3, scratch, folder: { bucket: 'lineage', key: `${of}/${at}/` } });
    const aloneAt = performance.now();
    for (const [at, url] of servers.urls.slice(0, ALONE).entries()) await crawl(url, at, 'alone');
    const alone = (performance.now() - aloneAt) / 1_000 / ALONE;
    const startedAt = performance.now();
    const scopes = await Promise.all(servers.urls.map((url, at) => crawl(url, at, 'together')));
    const together = (performance.now() - startedAt) / 1_000;
    const ideal = Math.max(...scopes.map(({ longest }) => longest)) / size.callsPerSecond;
    const sum = (of) => scopes.reduce((total, scope) => total + scope[of], 0);
    const rows = (way, seconds) => ({
      way,
      'wall s': seconds.toFixed(1),
      'against ideal': (seconds / ideal).toFixed(2),
    });
    yield {
      title: `${size.scopes} scopes of ${size.entities} entities${size === FULL ? '' : ` (of ${FULL.scopes} scopes)`}, ${size.callsPerSecond} calls a second of each operation of each: ${sum('records')} records in ${sum('pages')} pages, ${sum('turns')} functions; most of /tmp at once ${(disk.most() / 1_000_000).toFixed(1)} MB`,
      rows: [
        rows('ideal: the operation that a scope calls most, at its rate limit', ideal),
        rows('all scopes side by side', together),
        rows(`one scope at a time (from ${ALONE})`, alone * size.scopes),
      ],
    };
  } finally {
    disk.stop();
    s3.destroy();
    await store.close();
    servers.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function crawlScope(endpoint, { s3, scratch, folder }) {
  const clients = crawlClients({ endpoint, region, credentials });
  const settings = { subset: null, detail: 'summary', tags: false, promote: [] };
  const total = { pages: 0, records: 0, turns: 0, longest: 0 };
  const pagesOf = {};
  const limit = pLimit(12);
  const crawlListing = async ([listing, window]) => {
    let pages = 0;
    for (let isDone = false; !isDone; ) {
      const turn = await crawlShardToS3({
        ...{ clients, settings, folder, scratch, concurrency: 1, clock: () => new Date() },
        shard: { listing, window, scope: { region } },
        access: { s3 },
        signal: AbortSignal.timeout(TURN_MS),
      });
      isDone = turn.isDone;
      pages += turn.pages;
      total.records += turn.records;
      total.turns += 1;
    }
    total.pages += pages;
    // Search serves two listings by one limit.
    const operation = LISTING_OPERATIONS[listing];
    pagesOf[operation] = (pagesOf[operation] ?? 0) + pages;
    total.longest = Math.max(total.longest, pagesOf[operation]);
  };
  await Promise.all([...windowsOf(settings)].map((item) => limit(() => crawlListing(item))));
  clients.destroy();
  return total;
}

/** Accounts in processes of their own. */
async function serve({ scopes, entities, callsPerSecond: ratePerSecond }) {
  const each = Math.ceil(scopes / PROCESSES);
  const children = Array.from({ length: PROCESSES }, (_, at) => {
    const given = {
      first: at * each,
      scopes: Math.min(each, scopes - at * each),
      entities,
      ratePerSecond,
    };
    const file = fileURLToPath(new URL('fan-out/sandboxes.mjs', import.meta.url));
    return spawn(process.execPath, [file, JSON.stringify(given)], { stdio: ['pipe', 'pipe', 'inherit'] });
  });
  const urls = await Promise.all(children.map(firstLine));
  const close = () => {
    for (const child of children) child.stdin.end();
  };
  return { urls: urls.flatMap((line) => JSON.parse(line)), close };
}

async function firstLine(child) {
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('A sandbox ended before it served.');
}

/** The most that lay in a directory, looked at ten times a second. */
function watchDisk(directory) {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, bytesIn(directory));
  }, 100);
  return { most: () => most, stop: () => clearInterval(timer) };
}

function bytesIn(directory) {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  } catch (error) {
    // What was sent meanwhile is gone; the next look counts the rest.
    if (error.code === 'ENOENT') return 0;
    throw error;
  }
}
