import { KIND_STYLES } from '../../kind-styles.ts';
import { oneLine } from '../../text-table.ts';
import { byId, element, fillFacts } from './elements.js';
import { signElement } from './theme.js';

/** @typedef {import('../page-data.ts').PageData} PageData */
/** @typedef {import('../../../graph/kinds.ts').Kind} Kind */

/**
 * The lists of kinds and types, each with a box to tick; the legend; what is known of the answer.
 *
 * @param {PageData} data
 * @param {(chosen: { readonly hiddenKinds: ReadonlySet<string>, readonly hiddenTypes: ReadonlySet<string> }) => void} changed
 */
export function createFilters(data, changed) {
  /** @type {Set<string>} */
  const hiddenKinds = new Set();
  /** @type {Set<string>} */
  const hiddenTypes = new Set();
  const reset = byId('reset-filters');
  const tell = () => {
    reset.hidden = hiddenKinds.size + hiddenTypes.size === 0;
    changed({ hiddenKinds: new Set(hiddenKinds), hiddenTypes: new Set(hiddenTypes) });
  };
  reset.addEventListener('click', () => {
    hiddenKinds.clear();
    hiddenTypes.clear();
    for (const box of document.querySelectorAll('.checks input'))
      if (box instanceof HTMLInputElement) box.checked = true;
    tell();
    byId('graph').focus();
  });

  function fill() {
    const counted = data.vertices.filter(({ role }) => role === 'answer');
    const kinds = counts(counted.map(({ kind }) => kind));
    const types = counts(counted.map(({ type }) => type));
    byId('kinds').replaceChildren(
      ...kinds.map(([kind, count]) => {
        const of = /** @type {Kind} */ (kind);
        return check(KIND_STYLES[of].title, count, {
          set: hiddenKinds,
          value: kind,
          tell,
          before: [signElement(of)],
        });
      }),
    );
    byId('types').replaceChildren(
      ...types.map(([type, count]) =>
        check(type === '' ? 'No type' : oneLine(type), count, {
          set: hiddenTypes,
          value: type,
          tell,
          before: [],
        }),
      ),
    );
    for (const id of ['kinds', 'types'])
      byId(id).parentElement?.toggleAttribute('hidden', kinds.length === 0);
    byId('legend').replaceChildren(...legend(data));
    fillFacts(byId('facts'), data.facts);
  }
  fill();
  return { fill };
}

/** @returns {readonly (readonly [string, number])[]} the most frequent first */
function counts(/** @type {readonly string[]} */ values) {
  /** @type {Map<string, number>} */
  const counted = new Map();
  for (const value of values) counted.set(value, (counted.get(value) ?? 0) + 1);
  return [...counted].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

/**
 * @param {string} text
 * @param {number} count
 * @param {{ readonly set: Set<string>, readonly value: string, readonly tell: () => void, readonly before: readonly Node[] }} of
 */
function check(text, count, { set, value, tell, before }) {
  const box = element('input');
  box.type = 'checkbox';
  box.checked = !set.has(value);
  box.addEventListener('change', () => {
    if (box.checked) set.delete(value);
    else set.add(value);
    tell();
  });
  const counted = element('span', { class: 'count', text: count.toLocaleString('en-US') });
  return element(
    'li',
    {},
    element('label', {}, box, ...before, element('span', { text, title: text, dir: 'auto' }), counted),
  );
}

/** @returns {readonly HTMLElement[]} */
function legend(/** @type {PageData} */ { cycles, vertices }) {
  const item = (/** @type {string} */ sign, /** @type {string} */ text) => {
    const mark = element('i', { class: sign });
    mark.setAttribute('aria-hidden', 'true');
    return element('li', {}, mark, element('span', { text }));
  };
  return [
    item('start', 'Start'),
    item('', 'Leads to'),
    item('up', 'Upstream of the selected'),
    item('down', 'Downstream of it'),
    ...(cycles > 0 || vertices.length > 1 ? [item('dot', 'On the way, filtered out')] : []),
    ...(cycles > 0 ? [item('cycle', `Closes a cycle (${cycles})`)] : []),
  ];
}
