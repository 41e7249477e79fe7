import { sizeOf } from './cards.js';

/** @typedef {import('../shown-graph.ts').ShownGraph['edges'][number]} ShownEdge */
/** @typedef {import('./cards.js').Card} Card */
/** @typedef {import('./cards.js').Sight} Sight */
/** @typedef {import('./cards.js').Marks} Marks */
/** @typedef {import('./theme.js').Colours} Colours */
/** @typedef {{ readonly x: number, readonly y: number }} Point */

/**
 * An edge as it is drawn: from end to end, by points that pull the curve.
 *
 * @typedef {object} Line
 * @property {ShownEdge} edge
 * @property {readonly Point[]} points
 * @property {boolean} isBackward it closes a cycle
 * @property {{ readonly left: number, readonly top: number, readonly right: number, readonly bottom: number }} box
 */

const ARROW = 7;
/** Pixels of the screen below which a line would fade away. */
const LEAST_WIDTH = 0.7;
/** More names than this would cover what they name. */
const MOST_NAMES = 40;
const NAME_ZOOM = 0.5;

/**
 * @param {readonly ShownEdge[]} edges
 * @param {ReadonlyMap<string, Card>} cards
 * @param {{ readonly bends: ReadonlyMap<string, readonly Point[]>, readonly backward: ReadonlySet<string> }} layout
 * @returns {readonly Line[]}
 */
export function linesOf(edges, cards, { bends, backward }) {
  return edges.flatMap((edge) => {
    const [from, to] = [cards.get(edge.from), cards.get(edge.to)];
    if (from === undefined || to === undefined) return [];
    const isBackward = backward.has(edge.id);
    const side = isBackward ? -1 : 1;
    const points =
      from === to
        ? loop(from)
        : [
            { x: from.x + (side * sizeOf(from.node).width) / 2, y: from.y },
            ...(bends.get(edge.id) ?? []),
            { x: to.x - (side * sizeOf(to.node).width) / 2, y: to.y },
          ];
    const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
    const box = {
      left: Math.min(...xs),
      top: Math.min(...ys),
      right: Math.max(...xs),
      bottom: Math.max(...ys),
    };
    return [{ edge, points, isBackward: isBackward || from === to, box }];
  });
}

/** Above the card and back to it. */
function loop(/** @type {Card} */ { node, x, y }) {
  const top = y - sizeOf(node).height / 2;
  return [
    { x: x + 24, y: top },
    { x: x + 24, y: top - 26 },
    { x: x - 24, y: top - 26 },
    { x: x - 24, y: top },
  ];
}

/**
 * Draws the lines that are in sight: those of one look in one stroke.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {readonly Line[]} lines
 * @param {Sight} sight
 * @param {{ readonly marks: Marks, readonly colours: Colours }} look
 */
export function drawEdges(context, lines, { zoom, pan, width, height }, { marks, colours }) {
  const [left, top] = [-pan.x / zoom, -pan.y / zoom];
  const [right, bottom] = [left + width / zoom, top + height / zoom];
  const inSight = lines.filter(
    ({ box }) => box.left < right && box.right > left && box.top < bottom && box.bottom > top,
  );
  context.save();
  context.translate(pan.x, pan.y);
  context.scale(zoom, zoom);
  for (const [of, colour, opacity] of looks(marks, colours)) {
    const alike = inSight.filter(({ edge }) => lookOf(edge, marks) === of);
    context.globalAlpha = opacity;
    context.strokeStyle = context.fillStyle = colour;
    const least = LEAST_WIDTH / zoom;
    const forward = alike.filter(({ isBackward }) => !isBackward);
    const backward = alike.filter(({ isBackward }) => isBackward);
    strokeAll(context, forward, { dashes: [], least });
    strokeAll(context, backward, { dashes: [6, 5], least });
    if (zoom > 0.12) for (const line of alike) drawArrow(context, line);
  }
  context.globalAlpha = 1;
  if (zoom >= NAME_ZOOM) {
    const named = inSight.filter(({ edge }) => edge.from === marks.selected || edge.to === marks.selected);
    for (const line of named.slice(0, MOST_NAMES)) drawName(context, line, colours);
  }
  context.restore();
}

/**
 * @param {Marks} marks
 * @param {Colours} colours
 * @returns {readonly (readonly ['plain' | 'up' | 'down' | 'own', string, number])[]} from the lowest to the uppermost
 */
function looks({ selected }, colours) {
  return [
    ['plain', colours.edge, selected === undefined ? 1 : 0.28],
    ['own', colours.accent, 1],
    ['down', colours.down, 1],
    ['up', colours.up, 1],
  ];
}

/**
 * @param {ShownEdge} edge
 * @param {Marks} marks
 */
function lookOf({ from, to }, { selected, up, down }) {
  if (selected === undefined) return 'plain';
  if (from === selected && to === selected) return 'own';
  if (up.has(from) && (to === selected || up.has(to))) return 'up';
  return down.has(to) && (from === selected || down.has(from)) ? 'down' : 'plain';
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {readonly Line[]} lines
 * @param {{ readonly dashes: readonly number[], readonly least: number }} stroke its pattern, and how thin it may be
 */
function strokeAll(context, lines, { dashes, least }) {
  /** @type {Map<number, Line[]>} */
  const widths = new Map();
  for (const line of lines) {
    const width = Math.max(least, 1.3 + Math.min(4, Math.log2(line.edge.count)));
    const alike = widths.get(width);
    if (alike === undefined) widths.set(width, [line]);
    else alike.push(line);
  }
  context.setLineDash([...dashes]);
  for (const [width, alike] of widths) {
    context.lineWidth = width;
    context.beginPath();
    for (const { points } of alike) trace(context, points);
    context.stroke();
  }
  context.setLineDash([]);
}

/**
 * Through the middles between the points that pull, so that the curve is smooth.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {readonly Point[]} points
 */
function trace(context, points) {
  const [first, ...rest] = points;
  const last = rest.pop();
  if (first === undefined || last === undefined) return;
  context.moveTo(first.x, first.y);
  for (const [at, pull] of rest.entries()) {
    const next = rest[at + 1];
    const end = next === undefined ? last : { x: (pull.x + next.x) / 2, y: (pull.y + next.y) / 2 };
    context.quadraticCurveTo(pull.x, pull.y, end.x, end.y);
  }
  if (rest.length === 0) context.lineTo(last.x, last.y);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Line} line
 */
function drawArrow(context, { points }) {
  const [before, tip] = points.slice(-2);
  if (before === undefined || tip === undefined) return;
  const length = Math.hypot(tip.x - before.x, tip.y - before.y) || 1;
  const [dx, dy] = [((tip.x - before.x) / length) * ARROW, ((tip.y - before.y) / length) * ARROW];
  context.beginPath();
  context.moveTo(tip.x, tip.y);
  context.lineTo(tip.x - dx - dy * 0.5, tip.y - dy + dx * 0.5);
  context.lineTo(tip.x - dx + dy * 0.5, tip.y - dy - dx * 0.5);
  context.closePath();
  context.fill();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Line} line
 * @param {Colours} colours
 */
function drawName(context, { edge, points }, colours) {
  const { x, y } = middle(points);
  const text = edge.label.length > 34 ? `${edge.label.slice(0, 33)}…` : edge.label;
  context.font = '10.5px system-ui, sans-serif';
  const width = context.measureText(text).width;
  context.fillStyle = colours.ground;
  context.globalAlpha = 0.9;
  context.fillRect(x - width / 2 - 3, y - 8, width + 6, 16);
  context.globalAlpha = 1;
  context.fillStyle = colours.muted;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(text, x, y);
  context.textAlign = 'left';
  context.textBaseline = 'alphabetic';
}

/** A point of the curve half-way along: between the two pulling points in its middle. */
function middle(/** @type {readonly Point[]} */ points) {
  const at = Math.floor(points.length / 2);
  const [a, b] = [points[at - 1], points[at]];
  return { x: ((a?.x ?? 0) + (b?.x ?? 0)) / 2, y: ((a?.y ?? 0) + (b?.y ?? 0)) / 2 };
}
