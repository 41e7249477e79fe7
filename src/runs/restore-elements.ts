import type { Gremlin } from '../graph/gremlin.ts';
import { isOwnProperty } from '../graph/ownership.ts';
import type { TypedElement } from '../graph/typed-element.ts';
import { correct, recreate } from '../neptune/corrections.ts';
import { existingIds, readElements } from '../neptune/elements.ts';
import type { Lease } from './lease.ts';
import { batchesOf } from './removal.ts';

type Tools = {
  readonly send: Gremlin;
  readonly lease: Pick<Lease, 'assertHeld'>;
  readonly signal?: AbortSignal | undefined;
};

export type RestoredElements = {
  readonly restored: readonly TypedElement[];
  /** Those whose ids are in the graph. */
  readonly present: number;
  /** Edges of which an end is not in the graph. */
  readonly loose: readonly string[];
};

/** Makes elements as they were, vertices first; what is there is left as it is. */
export async function restoreElements(
  elements: readonly TypedElement[],
  { send, lease, signal }: Tools,
): Promise<RestoredElements> {
  const restored: TypedElement[] = [];
  const loose: string[] = [];
  let present = 0;
  for (const kind of ['vertex', 'edge'] as const) {
    const ofKind = [
      ...new Map(elements.filter(({ element }) => element === kind).map((one) => [one.id, one])).values(),
    ];
    for (const batch of batchesOf(ofKind)) {
      const there = await existingIds(
        send,
        kind,
        batch.map(({ id }) => id),
        { signal },
      );
      const ends = await existingIds(send, 'vertex', batch.flatMap(endsOf), { signal });
      const missing = batch.filter(({ id }) => !there.has(id));
      const possible = missing.filter((one) => endsOf(one).every((id) => ends.has(id)));
      await lease.assertHeld(signal);
      await recreate(send, possible, { signal });
      present += there.size;
      restored.push(...possible);
      loose.push(...missing.filter((one) => !possible.includes(one)).map(({ id }) => id));
    }
  }
  return { restored, present, loose };
}

function endsOf({ ends }: TypedElement): readonly string[] {
  return ends === undefined ? [] : [ends.from, ends.to];
}

/** Gives vertices that were made anew what others had written to them. */
export async function restoreForeignProperties(
  vertices: readonly TypedElement[],
  { send, lease, signal }: Tools,
): Promise<void> {
  const marked = vertices.filter(({ properties }) => Object.keys(properties).some(isForeign));
  for (const batch of batchesOf(marked)) {
    const found = await readElements(
      send,
      'vertex',
      batch.map(({ id }) => id),
      { signal },
    );
    await lease.assertHeld(signal);
    const corrections = batch
      .filter(({ id }) => found.has(id))
      .map(({ element, id, properties }) => ({
        element,
        id,
        dropped: [],
        single: foreignOf(properties, found.get(id)),
      }));
    await correct(
      send,
      corrections.filter(({ single }) => single.length > 0),
      { signal },
    );
  }
}

function isForeign(name: string): boolean {
  return !isOwnProperty('vertex', name);
}

function foreignOf(
  properties: TypedElement['properties'],
  found: { readonly properties: Readonly<Record<string, unknown>> } | undefined,
) {
  return Object.entries(properties)
    .filter(([name]) => isForeign(name) && found !== undefined && !Object.hasOwn(found.properties, name))
    .flatMap(([name, values]) => values.map((value) => ({ name, value })));
}
