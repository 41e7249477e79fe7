import { KIND_STYLES } from '../../kind-styles.ts';
import { oneLine } from '../../text-table.ts';
import { byId, element } from './elements.js';

/** @typedef {import('../page-data.ts').PageVertex} PageVertex */

/** What paper gets: a picture of the whole graph, and a table of its entities. */
export function fillPrint(
  /** @type {Blob | undefined} */ picture,
  /** @type {readonly PageVertex[]} */ vertices,
) {
  const table = element(
    'table',
    {},
    element('thead', {}, row('th', ['Hops', 'Kind', 'Type', 'Name', 'ARN'])),
    element(
      'tbody',
      {},
      ...vertices.map(({ depth, kind, type, name, id }) =>
        row('td', [String(depth), KIND_STYLES[kind].title, type, name, id]),
      ),
    ),
  );
  const image = element('img');
  image.alt = 'The lineage graph';
  if (picture !== undefined) image.src = URL.createObjectURL(picture);
  byId('print').replaceChildren(...(picture === undefined ? [] : [image]), table);
  return picture === undefined ? Promise.resolve() : image.decode();
}

/**
 * @param {'th' | 'td'} tag
 * @param {readonly string[]} cells
 */
function row(tag, cells) {
  return element('tr', {}, ...cells.map((text) => element(tag, { text: oneLine(text), dir: 'auto' })));
}
