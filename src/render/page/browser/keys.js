import { byId } from './elements.js';

/**
 * @typedef {object} KeyHandlers
 * @property {(direction: 'left' | 'right' | 'up' | 'down') => void} move
 * @property {() => void} details
 * @property {() => void} toggle
 * @property {() => void} start
 * @property {() => void} release
 * @property {(by: 1 | -1) => void} hops
 * @property {(factor: number) => void} zoom
 * @property {() => void} fit
 * @property {() => void} search
 */

/** Keys for all that a pointer can do. Single letters count only while the graph has the focus. */
export function listenToKeys(/** @type {KeyHandlers} */ handlers) {
  /** @type {Readonly<Record<string, () => void>>} */
  const onGraph = {
    ArrowLeft: () => handlers.move('left'),
    ArrowRight: () => handlers.move('right'),
    ArrowUp: () => handlers.move('up'),
    ArrowDown: () => handlers.move('down'),
    Enter: handlers.details,
    ' ': handlers.toggle,
    Home: handlers.start,
    '+': () => handlers.zoom(1.25),
    '=': () => handlers.zoom(1.25),
    '-': () => handlers.zoom(0.8),
    0: handlers.fit,
    '[': () => handlers.hops(-1),
    ']': () => handlers.hops(1),
  };
  const graph = byId('graph');
  graph.tabIndex = 0;
  graph.addEventListener('keydown', (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : onGraph[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  document.addEventListener('keydown', (event) => {
    if (byId('help', HTMLDialogElement).open) return;
    if (event.key === 'Escape') handlers.release();
    const isTyping = event.target instanceof HTMLInputElement && event.target.type !== 'checkbox';
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    handlers.search();
  });
}
