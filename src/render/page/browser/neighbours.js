/** @typedef {import('../page-data.ts').PageData} PageData */
/** @typedef {import('../page-data.ts').PageVertex} PageVertex */
/** @typedef {import('../page-data.ts').PageData['edges'][number]} PageEdge */
/** @typedef {import('../shown-graph.ts').ShownGraph['nodes'][number]} ShownNode */

/**
 * What a server gives besides: the neighbours of a vertex, on demand. A page from a file has no server, and all that there is.
 *
 * @param {PageData} data which grows
 * @param {{ readonly merged: () => void, readonly failed: (text: string) => void }} handlers
 */
export function createNeighbours(data, { merged, failed }) {
  /** @type {Map<string, number>} */
  let known = new Map();
  /** @type {Map<string, number>} */
  const offsets = new Map();
  const count = () => {
    known = new Map();
    for (const [from, to] of data.edges) {
      for (const end of new Set([from, to])) {
        const id = data.vertices[end]?.id ?? '';
        known.set(id, (known.get(id) ?? 0) + 1);
      }
    }
  };
  if (data.live) count();

  return {
    /** How many associations of a node the page does not have. */
    unseen(/** @type {ShownNode} */ { form, members }) {
      const [vertex] = members;
      if (data.live !== true || form !== 'card' || vertex?.links === undefined) return 0;
      return Math.max(0, vertex.links - (known.get(vertex.id) ?? 0));
    },

    async load(/** @type {string} */ id) {
      try {
        const offset = String(offsets.get(id) ?? 0);
        const reply = await fetch(`neighbours?${new URLSearchParams({ id, offset })}`);
        if (!reply.ok) throw new Error((await reply.text()) || `status ${reply.status}`);
        const found = await reply.json();
        offsets.set(id, found.next ?? 0);
        merge(data, id, found);
        count();
        merged();
      } catch (error) {
        failed(
          `The neighbours could not be loaded: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    },
  };
}

/**
 * @param {PageData} data
 * @param {string} near the vertex whose neighbours they are
 * @param {{ readonly vertices: readonly PageVertex[], readonly edges: readonly { readonly from: string, readonly to: string, readonly label: string }[] }} found
 */
function merge(data, near, { vertices, edges }) {
  const all = /** @type {PageVertex[]} */ (data.vertices);
  const known = /** @type {PageEdge[]} */ (data.edges);
  const index = new Map(all.map(({ id }, at) => [id, at]));
  const depth = (all[index.get(near) ?? 0]?.depth ?? 0) + 1;
  for (const vertex of vertices) {
    if (!index.has(vertex.id)) index.set(vertex.id, all.push({ ...vertex, depth, parent: near }) - 1);
  }
  const seen = new Set(known.map((edge) => JSON.stringify(edge)));
  for (const { from, to, label } of edges) {
    const [a, b] = [index.get(from), index.get(to)];
    if (a === undefined || b === undefined || seen.has(JSON.stringify([a, b, label]))) continue;
    known.push([a, b, label]);
  }
}
