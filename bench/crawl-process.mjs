// A process of the crawl benchmark: does the job that its parent sends (see crawl/processes.mjs), and nothing else, so that
// CPU time and peak memory are that job's own.
const ROLES = {
  sandbox: () => import('./crawl/sandbox.mjs'),
  export: () => import('./crawl/export.mjs'),
  'bare-loop': () => import('./crawl/bare-loop.mjs'),
  'per-node': () => import('./crawl/per-node.mjs'),
};

process.once('message', async ({ role, job }) => {
  const { work } = await ROLES[role]();
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const done = await work(job);
  const { user, system } = process.cpuUsage(before);
  process.send({
    ...done,
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  });
});
