/** @typedef {import('../shown-graph.ts').ShownGraph} ShownGraph */

/**
 * What is shown of a graph, by ends of its edges.
 *
 * @param {ShownGraph} graph
 */
export function linksOf({ edges }) {
  /** @type {Map<string, { readonly id: string, readonly label: string }[]>} */
  const into = new Map();
  /** @type {Map<string, { readonly id: string, readonly label: string }[]>} */
  const outOf = new Map();
  for (const { from, to, label } of edges) {
    into.set(to, [...(into.get(to) ?? []), { id: from, label }]);
    outOf.set(from, [...(outOf.get(from) ?? []), { id: to, label }]);
  }
  return {
    /** Nearest on the way against the edges. */
    sources: (/** @type {string} */ id) => into.get(id) ?? [],
    targets: (/** @type {string} */ id) => outOf.get(id) ?? [],
    /** All on any way against the edges, without the id itself. */
    allSources: (/** @type {string} */ id) => reached(id, into),
    allTargets: (/** @type {string} */ id) => reached(id, outOf),
  };
}

/**
 * @param {string} id
 * @param {ReadonlyMap<string, readonly { readonly id: string }[]>} next
 * @returns {ReadonlySet<string>}
 */
function reached(id, next) {
  const seen = new Set([id]);
  for (const at of seen) for (const other of next.get(at) ?? []) seen.add(other.id);
  seen.delete(id);
  return seen;
}
