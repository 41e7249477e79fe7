import { KIND_STYLES } from '../../kind-styles.ts';
import { oneLine } from '../../text-table.ts';
import { button, byId, element, entityElement, fillFacts, hopsText } from './elements.js';
import { signElement } from './theme.js';

/** @typedef {import('../page-data.ts').PageVertex} PageVertex */
/** @typedef {import('../shown-graph.ts').ShownGraph['nodes'][number]} ShownNode */

const MOST_LINKS = 60;
const MOST_MEMBERS = 200;

/**
 * @typedef {object} Detailed
 * @property {ShownNode} node
 * @property {PageVertex | undefined} member of the cluster that was asked for
 * @property {readonly { readonly node: ShownNode, readonly label: string }[]} sources
 * @property {readonly { readonly node: ShownNode, readonly label: string }[]} targets
 * @property {readonly { readonly text: string, readonly act: () => void }[]} actions
 */

/**
 * The panel that tells all of one entity, or of a cluster.
 *
 * @param {{ readonly select: (id: string) => void, readonly selectMember: (vertex: PageVertex) => void, readonly close: () => void }} handlers
 */
export function createDetails({ select, selectMember, close }) {
  const panel = byId('details');

  function show(/** @type {Detailed | undefined} */ detailed) {
    panel.hidden = detailed === undefined;
    if (detailed === undefined) return panel.replaceChildren();
    const { node, member, sources, targets, actions } = detailed;
    const vertex = member ?? (node.form === 'cluster' ? undefined : node.members[0]);
    panel.replaceChildren(
      heading(vertex ?? node, close),
      ...(vertex === undefined ? [] : [arnElement(vertex.id)]),
      element('div', { class: 'actions' }, ...actions.map(({ text, act }) => button(text, act))),
      ...(vertex === undefined
        ? membersOf(node, selectMember)
        : [element('h2', { text: 'Properties' }), facts(vertex)]),
      ...links('Made from', sources, select),
      ...links('Led to', targets, select),
    );
    panel.scrollTop = 0;
  }
  return { show, focus: () => panel.querySelector('button')?.focus() };
}

/**
 * @param {Pick<PageVertex, 'kind' | 'type' | 'name' | 'depth'>} of
 * @param {() => void} close
 */
function heading({ kind, type, name, depth }, close) {
  const closing = button('✕', close, 'icon');
  closing.setAttribute('aria-label', 'Close the details');
  const what = type === '' ? KIND_STYLES[kind].title : `${KIND_STYLES[kind].title} · ${oneLine(type)}`;
  return element(
    'header',
    { class: 'about' },
    element('p', { class: 'kind' }, signElement(kind), element('span', { text: what, dir: 'auto' })),
    closing,
    element('h2', { text: oneLine(name), dir: 'auto' }),
    element('p', { class: 'where', text: depth === 0 ? 'The start' : hopsText(depth) }),
  );
}

function arnElement(/** @type {string} */ arn) {
  const code = element('code', { text: oneLine(arn), dir: 'ltr' });
  const copy = button('Copy', async () => {
    copy.textContent = (await copied(arn)) ? 'Copied' : 'Press Ctrl+C';
    if (copy.textContent !== 'Copied') getSelection()?.selectAllChildren(code);
    setTimeout(() => {
      copy.textContent = 'Copy';
    }, 1600);
  });
  copy.setAttribute('aria-label', 'Copy the ARN');
  return element('div', { class: 'arn' }, code, copy);
}

/** Pages from a file may not always write to the clipboard. */
async function copied(/** @type {string} */ text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function facts(/** @type {PageVertex} */ { properties }) {
  const list = element('dl', { class: 'facts' });
  fillFacts(list, Object.entries(properties));
  return list;
}

/**
 * @param {ShownNode} cluster
 * @param {(vertex: PageVertex) => void} selectMember
 */
function membersOf({ members }, selectMember) {
  const list = element(
    'ul',
    { class: 'links' },
    ...members.slice(0, MOST_MEMBERS).map((vertex) => linkItem(vertex, '', () => selectMember(vertex))),
  );
  if (members.length > MOST_MEMBERS)
    list.append(
      element('li', {
        class: 'more',
        text: `and ${(members.length - MOST_MEMBERS).toLocaleString('en-US')} more: search for them`,
      }),
    );
  return [element('h2', { text: `Members (${members.length.toLocaleString('en-US')})` }), list];
}

/**
 * @param {string} title
 * @param {readonly { readonly node: ShownNode, readonly label: string }[]} ends
 * @param {(id: string) => void} select
 */
function links(title, ends, select) {
  if (ends.length === 0) return [];
  const list = element(
    'ul',
    { class: 'links' },
    ...ends.slice(0, MOST_LINKS).map(({ node, label }) => linkItem(node, label, () => select(node.id))),
  );
  if (ends.length > MOST_LINKS)
    list.append(element('li', { class: 'more', text: `and ${ends.length - MOST_LINKS} more` }));
  return [element('h2', { text: `${title} (${ends.length})` }), list];
}

/**
 * @param {Pick<ShownNode, 'kind' | 'type' | 'name'>} entity
 * @param {string} more
 * @param {() => void} clicked
 */
function linkItem(entity, more, clicked) {
  const made = button('', clicked);
  made.append(entityElement(entity, oneLine(more)));
  return element('li', {}, made);
}
