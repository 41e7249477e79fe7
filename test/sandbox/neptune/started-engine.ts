import { type GremlinEngine, startGremlinEngine } from '../../../src/sandbox/neptune/gremlin-engine.ts';
import { findGremlinServer, installGremlinServer } from '../../../src/sandbox/neptune/gremlin-install.ts';

/** A real engine for a test file. Without Java the tests fail with the sentence that says what to install. */
export async function startedEngine(): Promise<GremlinEngine> {
  const found = await findGremlinServer();
  if (!found.ready && found.missing.length > 0) throw new Error(found.advice);
  await installGremlinServer({ log: () => undefined });
  return startGremlinEngine({ log: () => undefined, heapMegabytes: 1024 });
}
