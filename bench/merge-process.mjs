// A process of the merge benchmark: crawls an account into S3 as functions do, or joins what was crawled. See merge.bench.mjs.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { S3Client } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { crawlClients } from '../dist/crawl/clients.js';
import { accountOf, windowsOf } from '../dist/runs/crawl-scope.js';
import { crawlShardToS3 } from '../dist/runs/crawl-shards.js';
import { mergeRun } from '../dist/runs/merge-run.js';
import { objectFiles } from '../dist/runs/object-files.js';
import { readObjectJournal, withPartsIn } from '../dist/runs/object-journal.js';
import { diskFiles } from '../dist/runs/run-files.js';
import { answerJob } from './jobs/measured-job.mjs';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' };
const WORK = { bucket: 'lineage', key: 'work/' };
const RUN = { bucket: 'lineage', key: 'run/' };
const SCOPE = 'scopes/one';
const SCOPE_FOLDER = { ...WORK, key: `${WORK.key}${SCOPE}/` };
const CRAWL = { detail: 'summary', tags: false, promote: [], subset: null };
const LISTINGS_AT_A_TIME = 12;
const PIECE_BYTES = 2 ** 24;

answerJob(
  {
    async crawl({ url, region, s3 }) {
      const clients = crawlClients({ endpoint: url, region, credentials });
      const scratch = await mkdtemp(join(tmpdir(), 'smlineage-bench-'));
      const limit = pLimit(LISTINGS_AT_A_TIME);
      const crawlListing = ([listing, window]) =>
        crawlShardToS3({
          ...{
            clients,
            settings: CRAWL,
            folder: SCOPE_FOLDER,
            scratch,
            concurrency: 4,
            clock: () => new Date(),
          },
          ...{ shard: { listing, window, scope: { region } }, access: { s3 } },
          signal: new AbortController().signal,
        });
      const turns = await Promise.all([...windowsOf(CRAWL)].map((item) => limit(() => crawlListing(item))));
      await rm(scratch, { recursive: true });
      return turns.reduce((sum, { records }) => sum + records, 0);
    },
    s3: ({ s3, ...job }) =>
      merge({ ...job, parts: objectFiles(WORK, { s3 }), files: objectFiles(RUN, { s3 }) }),
    disk: ({ directory, ...job }) =>
      merge({ ...job, parts: diskFiles(join(directory, 'work')), files: diskFiles(join(directory, 'run')) }),
  },
  {
    async before(job, role) {
      const { url: endpoint, region, directory } = job;
      const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
      if (role === 'crawl') return { ...job, s3 };
      const entries = withPartsIn(SCOPE, await readObjectJournal(SCOPE_FOLDER, { s3 }));
      if (role === 'disk') {
        await copyParts(entries, { from: objectFiles(WORK, { s3 }), to: join(directory, 'work') });
        for (const folder of ['data/nodes', 'data/edges', 'index'])
          await mkdir(join(directory, 'run', folder), { recursive: true });
      }
      return { ...job, s3, entries };
    },
  },
);

async function merge({ url, region, entries, parts, files }) {
  const clients = crawlClients({ endpoint: url, region, credentials });
  const { manifest } = await mergeRun({
    settings: {
      journal: 1,
      run: 'bench',
      tool: 'bench',
      startedAt: new Date().toISOString(),
      region,
      gzip: false,
      associations: 'sweep',
      ...CRAWL,
    },
    scopes: [{ scope: { region }, clients, account: accountOf(entries), entries }],
    ...{ parts, files, concurrency: 4, clock: () => new Date() },
  });
  const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0);
  return {
    vertices: sum(manifest.vertices),
    edges: sum(manifest.edges),
    bytes: manifest.files.reduce((total, { bytes }) => total + bytes, 0),
    parts: entries.flatMap(partsOf).length,
  };
}

async function copyParts(entries, { from, to }) {
  const files = diskFiles(to);
  for (const { path } of entries.flatMap(partsOf)) {
    await mkdir(dirname(join(to, path)), { recursive: true });
    const [pieces, sink] = [await from.open(path), files.create(path)];
    await pipeline(contentOf(pieces), sink.stream);
    await sink.publish();
    await pieces.close();
  }
}

function partsOf({ parts, memberships }) {
  return memberships === undefined ? parts : [...parts, memberships];
}

async function* contentOf(pieces) {
  for (let at = 0; at < pieces.bytes; at += PIECE_BYTES) yield await pieces.read(at, PIECE_BYTES);
}
