import { KIND_STYLES } from '../../kind-styles.ts';
import { oneLine } from '../../text-table.ts';
import { shortName } from '../../vertex-name.ts';
import { drawSign } from './theme.js';

/** @typedef {import('../shown-graph.ts').ShownGraph['nodes'][number]} ShownNode */
/** @typedef {import('./theme.js').Colours} Colours */
/** @typedef {{ readonly node: ShownNode, readonly x: number, readonly y: number }} Card */

/**
 * What part of the drawing is in sight: pixels of the screen = `zoom` × units of the drawing + `pan`.
 *
 * @typedef {{ readonly zoom: number, readonly pan: { readonly x: number, readonly y: number }, readonly width: number, readonly height: number }} Sight
 */

/**
 * @typedef {object} Marks
 * @property {string} start id
 * @property {string | undefined} selected id
 * @property {ReadonlySet<string>} up what made the selected one
 * @property {ReadonlySet<string>} down what was made from it
 * @property {(node: ShownNode) => number} unseen how many neighbours a server could still give
 */

const FONT =
  '"Inter", ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif';
/** Below these zooms, text is no longer readable, and a card no more than a patch of colour. */
const ZOOM = { text: 0.52, card: 0.2 };
const RADIUS = 9;

/** @returns {{ readonly width: number, readonly height: number }} of a node, in units of the drawing */
export function sizeOf(/** @type {ShownNode} */ { form }) {
  if (form === 'dot') return { width: 20, height: 20 };
  return form === 'cluster' ? { width: 226, height: 54 } : { width: 226, height: 48 };
}

/**
 * Draws the cards that are in sight. The context is in units of the screen.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {readonly Card[]} cards
 * @param {Sight} sight
 * @param {{ readonly marks: Marks, readonly colours: Colours }} look
 */
export function drawCards(context, cards, { zoom, pan, width, height }, look) {
  const inSight = cards.filter(({ node, x, y }) => {
    const { width: w, height: h } = sizeOf(node);
    const [left, top] = [(x - w / 2) * zoom + pan.x, (y - h / 2) * zoom + pan.y];
    return left < width && top < height + 30 && left + w * zoom > 0 && top + h * zoom > -30;
  });
  context.save();
  context.translate(pan.x, pan.y);
  context.scale(zoom, zoom);
  for (const card of inSight) drawCard(context, card, zoom, look);
  context.restore();
  const start = zoom < ZOOM.text ? inSight.find(({ node }) => node.id === look.marks.start) : undefined;
  if (start !== undefined)
    drawPin(context, start.x * zoom + pan.x, (start.y - 24) * zoom + pan.y, look.colours);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Card} card
 * @param {number} zoom
 * @param {{ readonly marks: Marks, readonly colours: Colours }} look
 */
function drawCard(context, { node, x, y }, zoom, { marks, colours }) {
  const { up, down, selected, start } = marks;
  const isMarked = node.id === selected || up.has(node.id) || down.has(node.id);
  context.globalAlpha = selected === undefined || isMarked ? 1 : 0.28;
  const ring =
    node.id === selected || node.id === start
      ? colours.accent
      : up.has(node.id)
        ? colours.up
        : down.has(node.id)
          ? colours.down
          : undefined;
  if (node.form === 'dot') drawDot(context, { node, x, y }, ring, colours);
  else if (zoom < ZOOM.card) drawPatch(context, { node, x, y }, ring, zoom);
  else drawFull(context, { node, x, y }, { ring, colours, zoom, marks });
  context.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Card} card
 * @param {string | undefined} ring
 * @param {Colours} colours
 */
function drawDot(context, { node, x, y }, ring, colours) {
  context.beginPath();
  context.arc(x, y, 8, 0, 2 * Math.PI);
  context.fillStyle = colours.surface;
  context.fill();
  context.lineWidth = ring === undefined ? 1.5 : 2.5;
  context.strokeStyle = ring ?? colours.cardLine;
  context.stroke();
  drawSign(context, node.kind, x, y, 4);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Card} card
 * @param {string | undefined} ring
 * @param {number} zoom
 */
function drawPatch(context, { node, x, y }, ring, zoom) {
  const { width, height } = sizeOf(node);
  const alpha = context.globalAlpha;
  context.globalAlpha = alpha * 0.82;
  context.fillStyle = KIND_STYLES[node.kind].colour;
  context.fillRect(x - width / 2, y - height / 2, width, height);
  context.globalAlpha = alpha;
  if (ring === undefined) return;
  context.lineWidth = 2.5 / zoom;
  context.strokeStyle = ring;
  context.strokeRect(x - width / 2, y - height / 2, width, height);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Card} card
 * @param {{ readonly ring: string | undefined, readonly colours: Colours, readonly zoom: number, readonly marks: Marks }} look
 */
function drawFull(context, { node, x, y }, { ring, colours, zoom, marks }) {
  const { width, height } = sizeOf(node);
  const [left, top] = [x - width / 2, y - height / 2];
  if (node.form === 'cluster') {
    context.beginPath();
    context.roundRect(left + 5, top + 5, width, height, RADIUS);
    context.fillStyle = colours.surface;
    context.fill();
    context.lineWidth = 1;
    context.strokeStyle = colours.cardLine;
    context.stroke();
  }
  context.beginPath();
  context.roundRect(left, top, width, height, RADIUS);
  context.fillStyle = colours.surface;
  context.fill();
  context.save();
  context.clip();
  context.fillStyle = KIND_STYLES[node.kind].colour;
  context.fillRect(left, top, zoom < ZOOM.text ? 42 : 5, height);
  context.restore();
  context.beginPath();
  context.roundRect(left, top, width, height, RADIUS);
  context.lineWidth = ring === undefined ? 1 : 2.25;
  context.strokeStyle = ring ?? colours.cardLine;
  context.setLineDash(node.kind === 'external' && ring === undefined ? [4, 3] : []);
  context.stroke();
  context.setLineDash([]);
  if (zoom < ZOOM.text) return;

  drawSign(context, node.kind, left + 21, y, 6);
  const textLeft = left + 36;
  const room = width - 36 - 12;
  context.textBaseline = 'alphabetic';
  context.textAlign = 'left';
  context.font = `600 13px ${FONT}`;
  context.fillStyle = colours.ink;
  context.fillText(fitted(context, shortName(node.name), room), textLeft, y - 3);
  context.font = `400 11.5px ${FONT}`;
  context.fillStyle = colours.muted;
  const what = node.type === '' ? KIND_STYLES[node.kind].title : node.type;
  context.fillText(
    fitted(
      context,
      node.form === 'cluster' ? `${KIND_STYLES[node.kind].title}, ${depthText(node.depth)}` : what,
      room,
    ),
    textLeft,
    y + 14,
  );
  if (node.id === marks.start) drawTag(context, 'Start', left + 10, top, colours);
  const unseen = marks.unseen(node);
  if (node.hidden > 0)
    drawBadge(context, `+${node.hidden.toLocaleString('en-US')}`, [left + width, y], colours, true);
  else if (unseen > 0)
    drawBadge(context, `+${unseen.toLocaleString('en-US')}`, [left + width, y], colours, false);
}

function depthText(/** @type {number} */ depth) {
  return `${depth} ${depth === 1 ? 'hop' : 'hops'} away`;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} left
 * @param {number} middle
 * @param {Colours} colours
 */
function drawTag(context, text, left, middle, colours) {
  context.font = `650 10px ${FONT}`;
  const width = context.measureText(text).width + 12;
  context.beginPath();
  context.roundRect(left, middle - 8, width, 16, 8);
  context.fillStyle = colours.accent;
  context.fill();
  context.fillStyle = colours.surface;
  context.fillText(text, left + 6, middle + 3.6);
}

/**
 * Where the start is, in a drawing too small for its card to say so.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y of the tip
 * @param {Colours} colours
 */
function drawPin(context, x, y, colours) {
  context.beginPath();
  context.moveTo(x - 5, y - 7);
  context.lineTo(x, y - 1);
  context.lineTo(x + 5, y - 7);
  context.fillStyle = colours.accent;
  context.fill();
  context.textBaseline = 'alphabetic';
  drawTag(context, 'Start', x - 19, y - 14, colours);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {readonly [number, number]} centre
 * @param {Colours} colours
 * @param {boolean} isFilled
 */
function drawBadge(context, text, [x, y], colours, isFilled) {
  context.font = `600 11px ${FONT}`;
  const width = Math.max(22, context.measureText(text).width + 12);
  context.beginPath();
  context.roundRect(x - width / 2, y - 10, width, 20, 10);
  context.fillStyle = isFilled ? colours.ink : colours.surface;
  context.fill();
  context.lineWidth = 1.25;
  context.strokeStyle = isFilled ? colours.surface : colours.muted;
  context.stroke();
  context.fillStyle = isFilled ? colours.surface : colours.ink;
  context.textAlign = 'center';
  context.fillText(text, x, y + 4);
  context.textAlign = 'left';
}

/** @type {Map<string, string>} */
const fittedTexts = new Map();

/**
 * The text in a room of so many units. A path tells most by its end, a name by both ends.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} room
 */
function fitted(context, text, room) {
  const key = `${context.font} ${room} ${text}`;
  const known = fittedTexts.get(key);
  if (known !== undefined) return known;
  const line = oneLine(text);
  const characters = Array.from(line);
  const isPath = /^\w+:\/\/|^arn:|\//.test(line);
  const cut = (/** @type {number} */ kept) => {
    const head = isPath ? 0 : Math.ceil(kept * 0.6);
    return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (kept - head)).join('')}`;
  };
  let fit = line;
  if (context.measureText(line.slice(0, 400)).width > room || characters.length > 400) {
    let [fits, tooMany] = [0, Math.min(characters.length, 400)];
    while (tooMany - fits > 1) {
      const kept = Math.floor((fits + tooMany) / 2);
      if (context.measureText(cut(kept)).width <= room) fits = kept;
      else tooMany = kept;
    }
    fit = cut(fits);
  }
  fittedTexts.set(key, fit);
  return fit;
}
