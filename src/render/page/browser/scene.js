import { layeredLayout } from '../layout.ts';
import { drawCards, sizeOf } from './cards.js';
import { currentColours } from './theme.js';

/** @typedef {import('../shown-graph.ts').ShownGraph} ShownGraph */
/** @typedef {import('../shown-graph.ts').ShownGraph['nodes'][number]} ShownNode */
/** @typedef {{ readonly x: number, readonly y: number }} Point */
/** @typedef {import('./cards.js').Marks} Marks */

/** @type {(options?: import('cytoscape').CytoscapeOptions) => import('cytoscape').Core} */
const cytoscape = Reflect.get(globalThis, 'cytoscape');

/** More edges than this are left out while the graph is being moved. */
const MANY_EDGES = 1_200;
/** A first look shows the whole graph unless text would be smaller than this zoom makes it. */
const FIRST_ZOOM = 0.62;
const PADDING = 56;

/**
 * The drawing: Cytoscape draws edges and knows gestures, the canvas above it shows the cards.
 *
 * @param {HTMLElement} container
 * @param {HTMLCanvasElement} canvas
 * @param {{ readonly tapped: (id: string | undefined) => void, readonly opened: (id: string) => void, readonly pointed: (id: string | undefined, at: Point) => void }} handlers
 */
export function createScene(container, canvas, { tapped, opened, pointed }) {
  const cy = cytoscape({
    container,
    minZoom: 0.02,
    maxZoom: 2.5,
    autoungrabify: true,
    boxSelectionEnabled: false,
    selectionType: 'single',
    hideEdgesOnViewport: false,
    pixelRatio: Math.min(2, devicePixelRatio),
  });
  let colours = currentColours();
  /** @type {readonly import('./cards.js').Card[]} */
  let cards = [];
  /** @type {Marks} */
  let marks = { start: '', selected: undefined, up: new Set(), down: new Set(), unseen: () => 0 };

  cy.on('tap', (event) =>
    tapped(event.target === cy || !event.target.isNode() ? undefined : event.target.id()),
  );
  cy.on('dbltap', 'node', (event) => opened(event.target.id()));
  cy.on('mouseover', 'node', (event) => pointed(event.target.id(), event.renderedPosition));
  cy.on('mouseout', 'node', (event) => pointed(undefined, event.renderedPosition));
  cy.on('viewport', () => pointed(undefined, { x: 0, y: 0 }));
  cy.on('render', drawNow);
  new ResizeObserver(() => {
    cy.resize();
    drawNow();
  }).observe(container);

  function drawNow() {
    const ratio = Math.min(2, devicePixelRatio);
    const { clientWidth: width, clientHeight: height } = container;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const context = canvas.getContext('2d');
    if (context === null) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    drawCards(context, cards, { zoom: cy.zoom(), pan: cy.pan(), width, height }, { marks, colours });
  }

  /** By the cards alone: edges stay among them, and to measure each would take long. */
  function fitAll(/** @type {number} */ most) {
    const { left, top, right, bottom } = bounds(cards);
    const [width, height] = [right - left || 1, bottom - top || 1];
    const zoom = Math.min(most, (cy.width() - 2 * PADDING) / width, (cy.height() - 2 * PADDING) / height);
    const pan = {
      x: cy.width() / 2 - ((left + right) / 2) * zoom,
      y: cy.height() / 2 - ((top + bottom) / 2) * zoom,
    };
    cy.viewport({ zoom: Math.max(cy.minZoom(), zoom), pan });
  }

  function restyle() {
    colours = currentColours();
    cy.style(stylesheet(colours));
    drawNow();
  }
  restyle();

  return {
    restyle,

    /**
     * Lays out and draws. What `anchor` names stays where it is on the screen.
     *
     * @param {ShownGraph} graph
     * @param {string | undefined} anchor
     */
    show(graph, anchor) {
      const before = anchor === undefined ? undefined : cy.getElementById(anchor).renderedPosition();
      const layout = layeredLayout(
        graph.nodes.map((node) => ({ id: node.id, ...sizeOf(node) })),
        graph.edges,
      );
      const at = (/** @type {string} */ id) => layout.positions.get(id) ?? { x: 0, y: 0 };
      cards = graph.nodes.map((node) => ({ node, ...at(node.id) }));
      const sizes = new Map(graph.nodes.map((node) => [node.id, sizeOf(node)]));
      cy.batch(() => {
        cy.elements().remove();
        cy.add([
          ...graph.nodes.map((node) => ({
            group: /** @type {const} */ ('nodes'),
            data: { id: node.id, ...sizeOf(node) },
            position: { ...at(node.id) },
          })),
          ...graph.edges.map(({ id, from, to, label, count }) => {
            const isBackward = layout.backward.has(id);
            const half = (/** @type {string} */ end) =>
              ((isBackward ? -1 : 1) * (sizes.get(end)?.width ?? 0)) / 2;
            const source = { x: at(from).x + half(from), y: at(from).y };
            const target = { x: at(to).x - half(to), y: at(to).y };
            const bends = layout.bends.get(id) ?? [];
            const width = 1.25 + Math.min(4, Math.log2(count));
            return {
              group: /** @type {const} */ ('edges'),
              data: { id, source: from, target: to, label, width, ...pulls(source, target, bends) },
              classes: [
                isBackward ? 'backward' : '',
                bends.length > 0 && from !== to ? 'bent' : '',
                from === to ? 'loop' : '',
              ],
            };
          }),
        ]);
      });
      cy.nodes().ungrabify();
      const many = graph.edges.length > MANY_EDGES;
      Object.assign(Reflect.get(cy, '_private').renderer ?? {}, { hideEdgesOnViewport: many });
      const after = anchor === undefined ? undefined : cy.getElementById(anchor).renderedPosition();
      if (before !== undefined && after !== undefined)
        cy.panBy({ x: before.x - after.x, y: before.y - after.y });
    },

    /**
     * Shows all, or, where text would then be too small to read, the part about the start.
     *
     * @param {string} start
     * @param {'upstream' | 'downstream' | 'both'} direction
     */
    firstLook(start, direction) {
      fitAll(1);
      if (cards.length > 60 || cy.zoom() >= FIRST_ZOOM) return;
      const card = cards.find(({ node }) => node.id === start);
      if (card === undefined) return;
      const margin = PADDING + (sizeOf(card.node).width / 2) * FIRST_ZOOM;
      const across = { upstream: cy.width() - margin, downstream: margin, both: cy.width() / 2 }[direction];
      const pan = { x: across - card.x * FIRST_ZOOM, y: cy.height() / 2 - card.y * FIRST_ZOOM };
      cy.viewport({ zoom: FIRST_ZOOM, pan });
    },

    fit: () => fitAll(1.25),

    zoomBy(/** @type {number} */ factor) {
      cy.zoom({ level: cy.zoom() * factor, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
    },

    /**
     * Brings a node into sight, large enough to read.
     *
     * @param {string} id
     * @param {number} covered height of what lies over the lower part of the drawing, in pixels
     */
    reveal(id, covered) {
      const card = cards.find(({ node }) => node.id === id);
      if (card === undefined) return;
      const [width, height] = [cy.width(), cy.height() - covered];
      const zoom = cy.zoom() < FIRST_ZOOM ? 0.8 : cy.zoom();
      const [x, y] = [card.x * zoom + cy.pan().x, card.y * zoom + cy.pan().y];
      const isInSight = x > 120 && x < width - 120 && y > 50 && y < height - 70;
      if (zoom === cy.zoom() && isInSight) return;
      cy.viewport({ zoom, pan: { x: width / 2 - card.x * zoom, y: height / 2 - card.y * zoom } });
    },

    /** @param {Marks} given */
    mark(given) {
      const isPlain = given.selected === undefined && marks.selected === undefined;
      marks = given;
      if (isPlain) return drawNow();
      cy.batch(() => {
        const { selected, up, down } = marks;
        cy.edges().forEach((edge) => {
          const [from, to] = [edge.source().id(), edge.target().id()];
          const isUp = up.has(from) && (to === selected || up.has(to));
          const isDown = down.has(to) && (from === selected || down.has(from));
          edge.toggleClass('up', isUp);
          edge.toggleClass('down', isDown && !isUp);
          edge.toggleClass(
            'dim',
            selected !== undefined && !isUp && !isDown && !(from === selected && to === selected),
          );
          edge.toggleClass('named', from === selected || to === selected);
        });
      });
      drawNow();
    },

    positionOf: (/** @type {string} */ id) => cards.find(({ node }) => node.id === id),
    cards: () => cards,
    /** Where a node is on the screen, in pixels of the container. */
    onScreen: (/** @type {string} */ id) => cy.getElementById(id).renderedPosition(),

    /**
     * The whole graph as an image, on the ground of the page, with lines of text under it.
     *
     * @param {readonly string[]} lines
     * @returns {Promise<Blob>}
     */
    async image(lines) {
      const box = cy.elements().boundingBox({});
      const scale = Math.min(
        2,
        12_000 / Math.max(box.w, box.h, 1),
        Math.sqrt(60_000_000 / Math.max(1, box.w * box.h)),
      );
      const edges = cy.png({ output: 'blob', full: true, scale, bg: colours.ground });
      const picture = await createImageBitmap(edges);
      const margin = 32;
      const sheet = document.createElement('canvas');
      const lineHeight = 20;
      sheet.width = Math.max(picture.width, 640) + 2 * margin;
      sheet.height = picture.height + 3 * margin + lines.length * lineHeight;
      const context = sheet.getContext('2d');
      if (context === null) throw new Error('This browser cannot draw an image of this size.');
      context.fillStyle = colours.ground;
      context.fillRect(0, 0, sheet.width, sheet.height);
      context.drawImage(picture, margin, margin);
      const pan = { x: margin - box.x1 * scale, y: margin - box.y1 * scale };
      drawCards(
        context,
        cards,
        { zoom: scale, pan, width: sheet.width, height: sheet.height },
        { marks, colours },
      );
      context.font = '13px system-ui, sans-serif';
      context.fillStyle = colours.ink;
      for (const [at, line] of lines.entries())
        context.fillText(
          line,
          margin,
          picture.height + 2 * margin + (at + 0.7) * lineHeight,
          sheet.width - 2 * margin,
        );
      return new Promise((resolve, reject) =>
        sheet.toBlob((blob) =>
          blob === null
            ? reject(new Error('This browser cannot make an image of this size.'))
            : resolve(blob),
        ),
      );
    },
  };
}

/** The least rectangle about all cards, in units of the drawing. */
function bounds(/** @type {readonly import('./cards.js').Card[]} */ cards) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { node, x, y } of cards) {
    const { width, height } = sizeOf(node);
    left = Math.min(left, x - width / 2);
    right = Math.max(right, x + width / 2);
    top = Math.min(top, y - height / 2);
    bottom = Math.max(bottom, y + height / 2);
  }
  return { left, top, right, bottom };
}

/**
 * Bends as Cytoscape wants them: how far along the straight line from end to end, and how far beside it.
 *
 * @param {Point} source
 * @param {Point} target
 * @param {readonly Point[]} bends
 */
function pulls(source, target, bends) {
  const [dx, dy] = [target.x - source.x, target.y - source.y];
  const length = Math.hypot(dx, dy) || 1;
  return {
    weights: bends.map(({ x, y }) => ((x - source.x) * dx + (y - source.y) * dy) / length ** 2),
    distances: bends.map(({ x, y }) => ((y - source.y) * dx - (x - source.x) * dy) / length),
  };
}

/**
 * @param {import('./theme.js').Colours} colours
 * @returns {import('cytoscape').StylesheetJson}
 */
function stylesheet(colours) {
  return [
    {
      selector: 'node',
      style: {
        shape: 'round-rectangle',
        width: 'data(width)',
        height: 'data(height)',
        // The card above it is what is seen; it takes the pointer all the same.
        opacity: 0,
        'overlay-opacity': 0,
      },
    },
    {
      selector: 'edge',
      style: {
        width: 'data(width)',
        'line-color': colours.edge,
        'target-arrow-color': colours.edge,
        'target-arrow-shape': 'triangle',
        'arrow-scale': 0.75,
        'curve-style': 'straight',
        'source-endpoint': '50% 0%',
        'target-endpoint': '-50% 0%',
        'overlay-opacity': 0,
      },
    },
    {
      selector: 'edge.bent',
      style: {
        'curve-style': 'unbundled-bezier',
        'edge-distances': /** @type {any} */ ('endpoints'),
        // The declared types know neither `endpoints` nor lists by edge.
        'control-point-weights': /** @type {any} */ ('data(weights)'),
        'control-point-distances': /** @type {any} */ ('data(distances)'),
      },
    },
    {
      selector: 'edge.backward',
      style: { 'source-endpoint': '-50% 0%', 'target-endpoint': '50% 0%', 'line-style': 'dashed' },
    },
    {
      selector: 'edge.loop',
      style: {
        'curve-style': 'bezier',
        'source-endpoint': 'outside-to-node',
        'target-endpoint': 'outside-to-node',
        'line-style': 'dashed',
        'loop-direction': '0deg',
        'loop-sweep': '40deg',
        'control-point-step-size': 46,
      },
    },
    { selector: 'edge.dim', style: { 'line-opacity': 0.25, opacity: 0.4 } },
    {
      selector: 'edge.up',
      style: { 'line-color': colours.up, 'target-arrow-color': colours.up, 'z-index': 9 },
    },
    {
      selector: 'edge.down',
      style: { 'line-color': colours.down, 'target-arrow-color': colours.down, 'z-index': 9 },
    },
    {
      selector: 'edge.named',
      style: {
        label: 'data(label)',
        color: colours.muted,
        'font-size': 10.5,
        'font-family': 'system-ui, sans-serif',
        'text-background-color': colours.ground,
        'text-background-opacity': 0.92,
        'text-background-padding': '3px',
        'text-max-width': '160px',
        'text-wrap': 'ellipsis',
        'min-zoomed-font-size': 7,
        'z-index': 10,
      },
    },
  ];
}
