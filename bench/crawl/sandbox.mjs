import { generateLineage } from '../../dist/sandbox/generator/generate-lineage.js';
import { startSandbox } from '../../dist/sandbox/sandbox.js';

/** Serves a generated account, or only its entities of one kind, and tells afterwards what that took. */
export async function work({ entities, seed, kind, latencyMs, ratePerSecond }) {
  const { url, region } = await startSandbox({
    records: ofKind(generateLineage({ entities, seed }), kind),
    latencyMs,
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    gremlin: false,
  });
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send({
      cpuSeconds: (user + system) / 1e6,
      peakBytes: process.resourceUsage().maxRSS * 1024,
    });
  });
  return { url, region };
}

function* ofKind(records, kind) {
  for (const record of records) if (kind === undefined || record.kind === kind) yield record;
}
