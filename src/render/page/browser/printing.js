import { KIND_STYLES } from '../../kind-styles.ts';
import { oneLine } from '../../text-table.ts';
import { byId, element } from './elements.js';

/** @typedef {import('../page-data.ts').PageVertex} PageVertex */

/** What paper gets: a picture of the whole graph, and a table of its entities. */
export function fillPrint(
  /** @type {HTMLCanvasElement} */ picture,
  /** @type {readonly PageVertex[]} */ vertices,
) {
  const rows = vertices.map(({ depth, kind, type, name, id }) =>
    row('td', [String(depth), KIND_STYLES[kind].title, type, name, id]),
  );
  const head = element('thead', {}, row('th', ['Hops', 'Kind', 'Type', 'Name', 'ARN']));
  byId('print').replaceChildren(picture, element('table', {}, head, element('tbody', {}, ...rows)));
}

/** The picture as a PNG file. */
export async function savePicture(/** @type {HTMLCanvasElement} */ picture) {
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => picture.toBlob(resolve));
  if (blob === null) throw new Error('This browser cannot make an image of this size.');
  const link = element('a');
  link.href = URL.createObjectURL(blob);
  link.download = 'lineage.png';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/**
 * @param {'th' | 'td'} tag
 * @param {readonly string[]} cells
 */
function row(tag, cells) {
  return element('tr', {}, ...cells.map((text) => element(tag, { text: oneLine(text), dir: 'auto' })));
}
