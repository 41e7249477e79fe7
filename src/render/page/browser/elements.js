import { KIND_STYLES } from '../../kind-styles.ts';
import { oneLine } from '../../text-table.ts';
import { signElement } from './theme.js';

/** @typedef {import('../shown-graph.ts').ShownGraph['nodes'][number]} ShownNode */
/** @typedef {import('../page-data.ts').PageVertex} PageVertex */

/**
 * The element of this id, which the page has.
 *
 * @template {HTMLElement} [E=HTMLElement]
 * @param {string} id
 * @param {new () => E} [type]
 * @returns {E}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (element === null || (type !== undefined && !(element instanceof type)))
    throw new Error(`The page has no #${id}.`);
  return /** @type {E} */ (element);
}

/**
 * A new element. Text is set as text, never as markup.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<Record<'class' | 'text' | 'label' | 'title' | 'dir', string>>} [settings]
 * @param {...Node} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, { class: className, text, label, title, dir } = {}, ...children) {
  const made = document.createElement(tag);
  if (className !== undefined) made.className = className;
  if (text !== undefined) made.textContent = text;
  if (label !== undefined) made.setAttribute('aria-label', label);
  if (title !== undefined) made.title = title;
  if (dir !== undefined) made.dir = dir;
  made.append(...children);
  return made;
}

/**
 * @param {string} text
 * @param {() => void} clicked
 * @param {string} [className]
 */
export function button(text, clicked, className) {
  const made = element('button', className === undefined ? { text } : { text, class: className });
  made.type = 'button';
  made.addEventListener('click', clicked);
  return made;
}

/** Sign, name and one line more of a vertex or a cluster. */
export function entityElement(
  /** @type {Pick<ShownNode, 'kind' | 'type' | 'name'>} */ { kind, type, name },
  /** @type {string} */ more = '',
) {
  const what = [type === '' ? KIND_STYLES[kind].title : oneLine(type), more]
    .filter((text) => text !== '')
    .join(' · ');
  return element(
    'span',
    { class: 'entity' },
    signElement(kind),
    element(
      'span',
      {},
      element('b', { text: oneLine(name), dir: 'auto' }),
      element('small', { text: what, dir: 'auto' }),
    ),
  );
}

/** `3 hops from the start` */
export function hopsText(/** @type {number} */ depth) {
  return depth === 0 ? 'the start' : `${depth} ${depth === 1 ? 'hop' : 'hops'} from the start`;
}

/**
 * Pairs of name and value as a list. Values keep their line ends.
 *
 * @param {Element} list
 * @param {Iterable<readonly [string, string | number]>} pairs
 */
export function fillFacts(list, pairs) {
  list.replaceChildren(
    ...[...pairs].flatMap(([name, value]) => [
      element('dt', { text: oneLine(name), dir: 'auto' }),
      element('dd', { text: String(value).split('\n').map(oneLine).join('\n'), dir: 'auto' }),
    ]),
  );
}
