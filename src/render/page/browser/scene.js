import { layeredLayout } from '../layout.ts';
import { drawCards, sizeOf } from './cards.js';
import { drawEdges, linesOf } from './edges.js';
import { currentColours } from './theme.js';

/** @typedef {import('../shown-graph.ts').ShownGraph} ShownGraph */
/** @typedef {{ readonly x: number, readonly y: number }} Point */
/** @typedef {import('./cards.js').Marks} Marks */
/** @typedef {import('./cards.js').Sight} Sight */

/** @type {(options?: import('cytoscape').CytoscapeOptions) => import('cytoscape').Core} */
const cytoscape = Reflect.get(globalThis, 'cytoscape');

/** A first look shows the whole graph unless text would be smaller than this zoom makes it. */
const FIRST_ZOOM = 0.62;
/** Where there are more cards than this, the whole is worth more than the text. */
const MOST_READABLE = 60;
const PADDING = 56;
/** Pixels and sides of an image that browsers are sure to make. */
const MOST_PIXELS = 60_000_000;
const LONGEST_SIDE = 12_000;

/**
 * The drawing. Cytoscape knows the gestures, and which card is under a finger; cards and edges are drawn on a canvas above it,
 * which takes a hundredth of the time and gives every text its place.
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
    autounselectify: true,
    boxSelectionEnabled: false,
    pixelRatio: 1,
    style: [
      {
        selector: 'node',
        // Not to be seen, but there for the pointer.
        style: {
          shape: 'rectangle',
          width: 'data(width)',
          height: 'data(height)',
          opacity: 0,
          'overlay-opacity': 0,
        },
      },
    ],
  });
  let colours = currentColours();
  /** @type {ReadonlyMap<string, import('./cards.js').Card>} */
  let cards = new Map();
  /** @type {readonly import('./edges.js').Line[]} */
  let lines = [];
  /** @type {Marks} */
  let marks = { start: '', selected: undefined, up: new Set(), down: new Set(), unseen: () => 0 };

  cy.on('tap', (event) => tapped(event.target === cy ? undefined : event.target.id()));
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
    draw(context, { zoom: cy.zoom(), pan: cy.pan(), width, height });
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Sight} sight
   */
  function draw(context, sight) {
    drawEdges(context, lines, sight, { marks, colours });
    drawCards(context, [...cards.values()], sight, { marks, colours });
  }

  /** Where a card is on the screen, in pixels of the container. */
  function onScreen(/** @type {string | undefined} */ id) {
    const card = id === undefined ? undefined : cards.get(id);
    if (card === undefined) return undefined;
    const [zoom, pan] = [cy.zoom(), cy.pan()];
    return { x: card.x * zoom + pan.x, y: card.y * zoom + pan.y };
  }

  function fitAll(/** @type {number} */ most) {
    const { left, top, right, bottom } = bounds([...cards.values()]);
    const [width, height] = [right - left || 1, bottom - top || 1];
    const zoom = Math.min(most, (cy.width() - 2 * PADDING) / width, (cy.height() - 2 * PADDING) / height);
    const pan = {
      x: cy.width() / 2 - ((left + right) / 2) * zoom,
      y: cy.height() / 2 - ((top + bottom) / 2) * zoom,
    };
    cy.viewport({ zoom: Math.max(cy.minZoom(), zoom), pan });
  }

  return {
    restyle() {
      colours = currentColours();
      drawNow();
    },

    /**
     * Lays out and draws. What `anchor` names stays where it is on the screen.
     *
     * @param {ShownGraph} graph
     * @param {string | undefined} anchor
     */
    show(graph, anchor) {
      const before = onScreen(anchor);
      const layout = layeredLayout(
        graph.nodes.map((node) => ({ id: node.id, ...sizeOf(node) })),
        graph.edges,
      );
      cards = new Map(
        graph.nodes.map((node) => [node.id, { node, ...(layout.positions.get(node.id) ?? { x: 0, y: 0 }) }]),
      );
      lines = linesOf(graph.edges, cards, layout);
      cy.batch(() => {
        cy.elements().remove();
        cy.add(
          [...cards.values()].map(({ node, x, y }) => ({
            group: /** @type {const} */ ('nodes'),
            data: { id: node.id, ...sizeOf(node) },
            position: { x, y },
          })),
        );
      });
      const after = onScreen(anchor);
      if (before !== undefined && after !== undefined)
        cy.panBy({ x: before.x - after.x, y: before.y - after.y });
      drawNow();
    },

    /**
     * Shows all, or, where that would be too small to read and the part about the start tells more, that part: few cards, or a
     * long way that is nowhere wide.
     *
     * @param {string} start
     * @param {'upstream' | 'downstream' | 'both'} direction
     */
    firstLook(start, direction) {
      fitAll(1);
      const card = cards.get(start);
      const { top, bottom } = bounds([...cards.values()]);
      const inHeight = (cy.height() - 2 * PADDING) / (bottom - top || 1);
      const isLong = inHeight > Math.max(FIRST_ZOOM / 2, 2 * cy.zoom());
      const isTooSmall = cy.zoom() < FIRST_ZOOM && (cards.size <= MOST_READABLE || isLong);
      if (card === undefined || !isTooSmall) return;
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
     * Brings a card into sight, large enough to read.
     *
     * @param {string} id
     * @param {number} covered height of what lies over the lower part of the drawing, in pixels
     */
    reveal(id, covered) {
      // What was opened beside the drawing has narrowed it, which the observer hears of later.
      cy.resize();
      const card = cards.get(id);
      const at = onScreen(id);
      if (card === undefined || at === undefined) return;
      const [width, height] = [cy.width(), cy.height() - covered];
      const zoom = cy.zoom() < FIRST_ZOOM ? 0.8 : cy.zoom();
      const isInSight = at.x > 120 && at.x < width - 120 && at.y > 50 && at.y < height - 70;
      if (zoom === cy.zoom() && isInSight) return;
      cy.viewport({ zoom, pan: { x: width / 2 - card.x * zoom, y: height / 2 - card.y * zoom } });
    },

    mark(/** @type {Marks} */ given) {
      marks = given;
      drawNow();
    },

    positionOf: (/** @type {string} */ id) => cards.get(id),
    cards: () => [...cards.values()],

    /**
     * The whole graph on a sheet of its own, in the colours of the page, with lines of text under it.
     *
     * @param {readonly string[]} captions
     */
    sheet(captions) {
      const { left, top, right, bottom } = bounds([...cards.values()]);
      const [width, height] = [right - left + 80, bottom - top + 80];
      const zoom = Math.min(
        2,
        LONGEST_SIDE / Math.max(width, height),
        Math.sqrt(MOST_PIXELS / (width * height)),
      );
      const size = Math.max(14, Math.round((width * zoom) / 130));
      const margin = 2 * size;
      const sheet = document.createElement('canvas');
      sheet.width = Math.max(Math.round(width * zoom), 720);
      sheet.height = Math.round(height * zoom) + captions.length * 1.6 * size + margin;
      const context = sheet.getContext('2d');
      if (context === null) throw new Error('This browser cannot draw an image of this size.');
      context.fillStyle = colours.ground;
      context.fillRect(0, 0, sheet.width, sheet.height);
      const pan = { x: (40 - left) * zoom, y: (40 - top) * zoom };
      draw(context, { zoom, pan, width: sheet.width, height: sheet.height });
      context.font = `${size}px system-ui, sans-serif`;
      context.fillStyle = colours.ink;
      for (const [at, line] of captions.entries())
        context.fillText(line, margin, height * zoom + (at + 0.8) * 1.6 * size, sheet.width - 2 * margin);
      return sheet;
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
