/*
 * An export in a process of its own, for a test to kill: `fork(path, [dist, endpoint, region, out, options])`. It tells
 * when it is ready, starts with the first message, and tells its progress.
 */
const [, , dist, endpoint, region, out, options = '{}'] = process.argv;
const { crawlClients } = await import(`${dist}/crawl/clients.js`);
const { exportLineage } = await import(`${dist}/runs/export.js`);

const clients = crawlClients({
  region,
  endpoint,
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' },
  retryMode: 'standard',
});

process.once('message', async () => {
  await exportLineage({
    clients,
    region,
    out,
    concurrency: 4,
    ...JSON.parse(options),
    onProgress: (event) => process.send(event),
  });
  clients.destroy();
  process.disconnect();
});
process.send({ type: 'ready' });
