import type { Terminal } from './terminal.ts';

/** Whether the sandbox's Gremlin engine can start, and if not, the sentence that says what to install. */
export type EngineState = { readonly ready: true } | { readonly ready: false; readonly advice?: string };

/** Fetches the engine where it is not there yet and Java and Maven are; says what is missing where they are not. */
export async function prepareEngine(terminal: Terminal, signal: AbortSignal): Promise<EngineState> {
  const { findGremlinServer, installGremlinServer } = await import('../sandbox/neptune/gremlin-install.ts');
  const found = await findGremlinServer();
  if (found.ready) return { ready: true };
  if (found.missing.length > 0) {
    terminal.warn('engine.missing', `No Gremlin engine: ${found.advice}`, { missing: found.missing });
    return { ready: false, advice: found.advice };
  }
  await installGremlinServer({ log: (line) => terminal.log('engine.install', line), signal });
  return { ready: true };
}
