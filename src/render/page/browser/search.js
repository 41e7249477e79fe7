import { byId, element, entityElement, hopsText } from './elements.js';

/** @typedef {import('../page-data.ts').PageVertex} PageVertex */

const MOST_HITS = 40;

/**
 * The search box: a list of hits under it, walked with the arrow keys.
 *
 * @param {() => readonly PageVertex[]} all
 * @param {(vertex: PageVertex) => void} chosen
 * @param {((text: string) => void) | undefined} elsewhere looks for a text in what the page does not have
 */
export function createSearch(all, chosen, elsewhere) {
  const form = byId('search').querySelector('form');
  const query = byId('query', HTMLInputElement);
  const list = byId('hits');
  /** @type {readonly PageVertex[]} */
  let hits = [];
  let active = -1;

  const close = () => {
    list.hidden = true;
    query.setAttribute('aria-expanded', 'false');
    query.removeAttribute('aria-activedescendant');
  };
  const choose = (/** @type {PageVertex | undefined} */ vertex) => {
    if (vertex === undefined) return;
    close();
    chosen(vertex);
  };
  const activate = (/** @type {number} */ at) => {
    active = at;
    for (const [index, item] of [...list.children].entries()) {
      item.setAttribute('aria-selected', String(index === active));
      if (index === active) item.scrollIntoView({ block: 'nearest' });
    }
    if (active >= 0) query.setAttribute('aria-activedescendant', `hit-${active}`);
  };
  const look = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return close();
    const found = all().filter((vertex) => words.every((word) => textOf(vertex).includes(word)));
    hits = found.slice(0, MOST_HITS);
    list.replaceChildren(
      ...hits.map((vertex, at) => {
        const item = element('div', { class: 'hit' }, entityElement(vertex, hopsText(vertex.depth)));
        item.id = `hit-${at}`;
        item.setAttribute('role', 'option');
        item.addEventListener('pointerdown', (event) => {
          event.preventDefault();
          choose(vertex);
        });
        return item;
      }),
    );
    if (found.length !== hits.length || hits.length === 0) {
      const text =
        hits.length === 0
          ? 'Nothing here has that in it.'
          : `and ${(found.length - hits.length).toLocaleString('en-US')} more: go on typing`;
      const item = element('div', { class: 'hit none', text });
      item.setAttribute('role', 'option');
      item.setAttribute('aria-disabled', 'true');
      list.append(item);
    }
    if (elsewhere !== undefined) {
      const item = element('div', {
        class: 'hit elsewhere',
        text: `Look for “${query.value.trim()}” in the whole graph`,
      });
      item.setAttribute('role', 'option');
      item.id = `hit-${hits.length}`;
      item.addEventListener('pointerdown', (event) => {
        event.preventDefault();
        elsewhere(query.value.trim());
      });
      list.append(item);
    }
    list.hidden = false;
    query.setAttribute('aria-expanded', 'true');
    activate(hits.length > 0 ? 0 : -1);
  };

  query.addEventListener('input', look);
  query.addEventListener('focus', look);
  query.addEventListener('blur', close);
  query.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && hits.length > 0) {
      event.preventDefault();
      activate((active + step + hits.length) % hits.length);
    }
    if (event.key === 'Escape') {
      event.stopPropagation();
      query.value = '';
      close();
      byId('graph').focus();
    }
  });
  form?.addEventListener('submit', (event) => {
    event.preventDefault();
    if (hits.length === 0 && query.value.trim() !== '') elsewhere?.(query.value.trim());
    else choose(hits[active]);
  });
  return { focus: () => query.select() };
}

/** @type {WeakMap<PageVertex, string>} */
const texts = new WeakMap();

function textOf(/** @type {PageVertex} */ vertex) {
  const known = texts.get(vertex);
  if (known !== undefined) return known;
  const text = [vertex.name, vertex.type, vertex.id, ...Object.values(vertex.properties)]
    .join('\n')
    .toLowerCase();
  texts.set(vertex, text);
  return text;
}
