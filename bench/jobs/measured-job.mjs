/**
 * What a process of a benchmark does: the one job that its parent sends (see `job-process.mjs`), and nothing else, so that CPU
 * time and peak memory are that job's own.
 *
 * @param jobs by role, each what is measured
 * @param options.before what the job needs and is not measured; its result is the job's argument
 * @param options.after what makes figures of the job's result, unmeasured
 */
export function answerJob(jobs, { before = (job) => job, after = (result) => ({ result }) } = {}) {
  process.once('message', async ({ role, job }) => {
    const prepared = await before(job, role);
    const cpuBefore = process.cpuUsage();
    const startedAt = performance.now();
    const result = await jobs[role](prepared);
    const seconds = (performance.now() - startedAt) / 1000;
    const { user, system } = process.cpuUsage(cpuBefore);
    const peakBytes = process.resourceUsage().maxRSS * 1024;
    process.send({ seconds, cpuSeconds: (user + system) / 1e6, peakBytes, ...(await after(result)) });
  });
}
