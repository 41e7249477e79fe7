import { arnKey } from '../../graph/arn.ts';
import { LISTED_KINDS, type ListedKind } from '../../graph/kinds.ts';
import type { EntityRecord } from '../records.ts';
import type { Listing } from './sorted-ids.ts';
import { createTimeline, type Timeline } from './timeline.ts';

/** The record of one kind. */
export type RecordOf<K extends ListedKind> = Extract<EntityRecord, { kind: K }>;

/** Entities by id. Another account's ARN on an association has an id too, but no record. Ids are never used twice. */
export type Entities = {
  /** Adds an entity; an id that its ARN already has stays. */
  add(record: EntityRecord): number;
  remove(id: number): void;
  /** The id of an ARN, given now if it has none yet. */
  idOf(arn: string): number;
  find(arn: string): number | undefined;
  arn(id: number): string;
  record(id: number): EntityRecord | undefined;
  /** The record of an id that a listing of the kind gave. */
  as<K extends ListedKind>(kind: K, id: number): RecordOf<K>;
  /** All of a kind by creation time. */
  listing(kind: ListedKind): Listing;
  /** Those of a kind that came from a source: see `sourceOf`. */
  bySource(kind: ListedKind, source: string): readonly number[];
};

export function createEntities(): Entities {
  const idByArn = new Map<string, number>();
  const records: (EntityRecord | undefined)[] = [];
  const foreignArns = new Map<number, string>();
  const timeOf = (id: number) => records[id]?.CreationTime ?? 0;
  const timelines = byKind<Timeline>(() => createTimeline(timeOf));
  const bySource = new Map<ListedKind, Map<string, number[]>>();

  /** Most ARNs are in lower case already: one look-up with a hash that the text has. */
  function find(arn: string): number | undefined {
    return idByArn.get(arn) ?? idByArn.get(arnKey(arn));
  }

  function idOf(arn: string): number {
    const known = find(arn);
    if (known !== undefined) return known;
    const id = records.push(undefined) - 1;
    idByArn.set(arnKey(arn), id);
    foreignArns.set(id, arn);
    return id;
  }

  /** Built when first asked for: most accounts of a million entities are only ever listed. */
  function sources(kind: ListedKind): Map<string, number[]> {
    const built = bySource.get(kind);
    if (built !== undefined) return built;
    const fresh = new Map<string, number[]>();
    bySource.set(kind, fresh);
    for (const id of timelines[kind].listing().ids) index(fresh, records[id], id);
    return fresh;
  }

  return {
    idOf,
    find,
    arn(id) {
      const record = records[id];
      return record === undefined ? (foreignArns.get(id) ?? '') : arnOf(record);
    },
    record: (id) => records[id],
    as<K extends ListedKind>(kind: K, id: number) {
      const record = records[id];
      if (record?.kind !== kind)
        throw new TypeError(`Expected entity ${id} to be of kind ${kind}, got ${record?.kind}`);
      return record as RecordOf<K>;
    },
    listing: (kind) => timelines[kind].listing(),
    bySource: (kind, source) => sources(kind).get(source) ?? [],
    add(record) {
      const id = idOf(arnOf(record));
      records[id] = record;
      foreignArns.delete(id);
      timelines[record.kind].add(id);
      const built = bySource.get(record.kind);
      if (built !== undefined) index(built, record, id);
      return id;
    },
    remove(id) {
      const record = records[id];
      if (record === undefined) return;
      timelines[record.kind].remove(id);
      const source = sourceOf(record);
      const others = source === undefined ? undefined : bySource.get(record.kind)?.get(source);
      others?.splice(others.indexOf(id), 1);
      idByArn.delete(arnKey(arnOf(record)));
      records[id] = undefined;
    },
  };
}

export function arnOf(record: EntityRecord): string {
  switch (record.kind) {
    case 'artifact':
      return record.ArtifactArn;
    case 'action':
      return record.ActionArn;
    case 'context':
      return record.ContextArn;
    case 'experiment':
      return record.ExperimentArn;
    case 'trial':
      return record.TrialArn;
    case 'trial_component':
      return record.TrialComponentArn;
  }
}

/** The entity's name; artifacts need not have one. */
export function nameOf(record: EntityRecord): string | undefined {
  switch (record.kind) {
    case 'artifact':
      return record.ArtifactName;
    case 'action':
      return record.ActionName;
    case 'context':
      return record.ContextName;
    case 'experiment':
      return record.ExperimentName;
    case 'trial':
      return record.TrialName;
    case 'trial_component':
      return record.TrialComponentName;
  }
}

/**
 * What an entity is found by besides its ARN: the source URI as written; a trial component's source ARN and a trial's
 * experiment, which do not count case, in lower case.
 */
function sourceOf(record: EntityRecord): string | undefined {
  switch (record.kind) {
    case 'artifact':
    case 'action':
    case 'context':
      return record.Source.SourceUri;
    case 'trial_component':
      return record.Source?.SourceArn.toLowerCase();
    case 'trial':
      return record.ExperimentName.toLowerCase();
    case 'experiment':
      return undefined;
  }
}

function index(sources: Map<string, number[]>, record: EntityRecord | undefined, id: number): void {
  const source = record === undefined ? undefined : sourceOf(record);
  if (source === undefined) return;
  const others = sources.get(source);
  if (others === undefined) sources.set(source, [id]);
  else others.push(id);
}

function byKind<Value>(make: () => Value): Record<ListedKind, Value> {
  return Object.fromEntries(LISTED_KINDS.map((kind) => [kind, make()])) as Record<ListedKind, Value>;
}
