import type { Scope } from '../../src/graph/scope.ts';
import { invoke, type NightSandbox } from './night-sandbox.ts';

type Event = Record<string, unknown>;

export type NightOptions = {
  readonly execution: string;
  readonly startedAt: string;
  readonly input: { readonly scopes: readonly Scope[] } & Event;
  /** Calls a function; so that a test can call it twice, or kill it. @default once */
  readonly call?: (name: string, event: Event) => Promise<Event>;
};

/** Runs the functions in the order in which the state machine does, with what it hands on. @returns the report's reply */
export async function night(
  sandbox: NightSandbox,
  { execution, startedAt, input, call = (name, event) => invoke(sandbox, name, event) }: NightOptions,
): Promise<Event> {
  const context = { execution, startedAt, input };
  try {
    const begun = await call('begin', context);
    for (const [at, scope] of input.scopes.entries()) {
      const own = { ...begun, scope: { ...scope, id: String(at) } };
      try {
        const { shards } = await call('plan-shards', own);
        for (const shard of shards as readonly Event[]) {
          let turn: Event = { ...own, shard };
          do turn = await call('crawl', turn);
          while (turn.isDone !== true);
        }
        await call('merge', own);
      } catch (error) {
        await call('merge', { ...own, error: caught(error) });
      }
    }
    await call('merge', begun);
    await call('check', begun);
    const { decision } = await call('plan', begun);
    if (decision === 'changed') {
      const { load } = await call('start-load', begun);
      for (let look: Event = { ...begun, load }; load !== null && look.isDone !== true; ) {
        look = await call('poll-load', look);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      for (let turn: Event = begun; turn.isDone !== true; ) turn = await call('verify', turn);
      for (let turn: Event = begun; turn.isDone !== true; ) turn = await call('remove', turn);
    }
    await call('move-state', { ...begun, decision });
    return await call('report', context);
  } catch (error) {
    return await call('report', { ...context, error: caught(error) });
  }
}

/** An error as a state machine has it. */
function caught(error: unknown): Event {
  const { name, message } = error as Error;
  return { Error: name, Cause: JSON.stringify({ errorType: name, errorMessage: message }) };
}
