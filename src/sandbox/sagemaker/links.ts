import { grown } from './sorted-ids.ts';

/** Directed links between nodes, in columns: about 30 bytes each, whatever their number. */
export type Links = {
  /** Adds a link and gives its id; ids are never used twice. `tag` is a small number of the caller's. */
  add(from: number, to: number, time: number, tag: number): number;
  remove(id: number): void;
  from(id: number): number;
  to(id: number): number;
  time(id: number): number;
  tag(id: number): number;
  /** Ids of the links that leave a node, or that reach it, the newest first. */
  leaving(node: number): number[];
  reaching(node: number): number[];
  between(from: number, to: number): number | undefined;
  /** Whether any link leaves or reaches the node. */
  touches(node: number): boolean;
};

/** The end of a chain of links. */
const NONE = 0;

/** Links of one node are chained through two more columns; chains hold id + 1, so that a fresh column means no link. */
export function createLinks(): Links {
  let count = 0;
  let from = new Uint32Array(0);
  let to = new Uint32Array(0);
  let time = new Float64Array(0);
  let tag = new Uint8Array(0);
  let nextLeaving = new Uint32Array(0);
  let nextReaching = new Uint32Array(0);
  let firstLeaving = new Uint32Array(0);
  let firstReaching = new Uint32Array(0);

  const fromOf = (id: number) => from[id] ?? 0;
  const toOf = (id: number) => to[id] ?? 0;
  const leaving = (node: number) => chain(firstLeaving[node], nextLeaving);

  return {
    leaving,
    reaching: (node) => chain(firstReaching[node], nextReaching),
    from: fromOf,
    to: toOf,
    time: (id) => time[id] ?? 0,
    tag: (id) => tag[id] ?? 0,
    between: (source, destination) => leaving(source).find((id) => toOf(id) === destination),
    touches: (node) => (firstLeaving[node] ?? NONE) !== NONE || (firstReaching[node] ?? NONE) !== NONE,
    add(source, destination, createdAt, label) {
      const id = count;
      count += 1;
      from = grown(from, count);
      to = grown(to, count);
      time = grown(time, count);
      tag = grown(tag, count);
      nextLeaving = grown(nextLeaving, count);
      nextReaching = grown(nextReaching, count);
      const nodes = Math.max(source, destination) + 1;
      firstLeaving = grown(firstLeaving, nodes);
      firstReaching = grown(firstReaching, nodes);

      from[id] = source;
      to[id] = destination;
      time[id] = createdAt;
      tag[id] = label;
      nextLeaving[id] = firstLeaving[source] ?? NONE;
      nextReaching[id] = firstReaching[destination] ?? NONE;
      firstLeaving[source] = id + 1;
      firstReaching[destination] = id + 1;
      return id;
    },
    remove(id) {
      unchain(id, firstLeaving, fromOf(id), nextLeaving);
      unchain(id, firstReaching, toOf(id), nextReaching);
    },
  };
}

function chain(first: number | undefined, next: Uint32Array): number[] {
  const ids: number[] = [];
  for (let link = first ?? NONE; link !== NONE; link = next[link - 1] ?? NONE) ids.push(link - 1);
  return ids;
}

function unchain(id: number, first: Uint32Array, node: number, next: Uint32Array): void {
  const after = next[id] ?? NONE;
  if (first[node] === id + 1) {
    first[node] = after;
    return;
  }
  const before = chain(first[node], next).find((other) => next[other] === id + 1);
  if (before !== undefined) next[before] = after;
}
