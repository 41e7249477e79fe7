import { KIND_STYLES } from '../../kind-styles.ts';

/** @typedef {import('../../../graph/kinds.ts').Kind} Kind */

/**
 * The colours of the page as its stylesheet has them now, for what is drawn on a canvas.
 *
 * @typedef {Readonly<Record<'ground' | 'surface' | 'ink' | 'muted' | 'line' | 'cardLine' | 'edge' | 'accent' | 'up' | 'down', string>>} Colours
 */

/** @returns {Colours} */
export function currentColours() {
  const style = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ground: colour('ground'),
    surface: colour('raised'),
    ink: colour('ink'),
    muted: colour('muted'),
    line: colour('line'),
    cardLine: colour('card-line'),
    edge: colour('edge'),
    accent: colour('accent'),
    up: colour('up'),
    down: colour('down'),
  };
}

/** As the system has it, until the reader chooses. `changed` hears of every change. */
export function followTheme(/** @type {() => void} */ changed) {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const set = (/** @type {boolean} */ isDark) => {
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
    changed();
  };
  const follow = () => set(dark.matches);
  follow();
  dark.addEventListener('change', follow);
  return () => {
    dark.removeEventListener('change', follow);
    set(document.documentElement.dataset.theme !== 'dark');
  };
}

/**
 * The sign of a kind, in its colour: a shape each, so that colour is not all that tells them apart.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Kind} kind
 * @param {number} x centre
 * @param {number} y centre
 * @param {number} radius
 */
export function drawSign(context, kind, x, y, radius) {
  context.beginPath();
  SHAPES[kind](context, x, y, radius);
  context.closePath();
  context.fillStyle = KIND_STYLES[kind].colour;
  context.fill();
}

/** @type {Readonly<Record<Kind, (context: CanvasRenderingContext2D, x: number, y: number, radius: number) => void>>} */
const SHAPES = {
  artifact: (context, x, y, r) => context.roundRect(x - r * 0.85, y - r * 0.85, r * 1.7, r * 1.7, r * 0.3),
  trial_component: (context, x, y, r) => context.arc(x, y, r, 0, 2 * Math.PI),
  action: (context, x, y, r) => polygon(context, [x, y], r * 1.15, 3, 0),
  context: (context, x, y, r) => polygon(context, [x, y], r * 1.12, 4, 0),
  experiment: (context, x, y, r) => polygon(context, [x, y], r * 1.05, 6, 0),
  trial: (context, x, y, r) => polygon(context, [x, y], r * 1.1, 5, -0.25),
  external: (context, x, y, r) => {
    context.arc(x, y, r, 0, 2 * Math.PI);
    context.moveTo(x + r * 0.5, y);
    context.arc(x, y, r * 0.5, 0, 2 * Math.PI, true);
  },
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {readonly [number, number]} centre
 * @param {number} radius
 * @param {number} corners
 * @param {number} turn of the first corner from the right, in turns
 */
function polygon(context, [x, y], radius, corners, turn) {
  for (let corner = 0; corner < corners; corner += 1) {
    const angle = (corner / corners + turn) * 2 * Math.PI;
    context.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
  }
}

/** A sign as an element of its own, for lists. */
export function signElement(/** @type {Kind} */ kind) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 32;
  canvas.setAttribute('aria-hidden', 'true');
  const context = canvas.getContext('2d');
  if (context !== null) drawSign(context, kind, 16, 16, 13);
  return canvas;
}
