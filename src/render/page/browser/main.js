import { KIND_STYLES } from '../../kind-styles.ts';
import { oneLine } from '../../text-table.ts';
import { CLUSTER_ABOVE, clusterId, shownGraph } from '../shown-graph.ts';
import { createDetails } from './details.js';
import { byId, element, entityElement, hopsText } from './elements.js';
import { createFilters } from './filters.js';
import { listenToKeys } from './keys.js';
import { createNeighbours } from './neighbours.js';
import { fillPrint, savePicture } from './printing.js';
import { createScene } from './scene.js';
import { createSearch } from './search.js';
import { followTheme } from './theme.js';
import { linksOf } from './ways.js';

/** @typedef {import('../page-data.ts').PageData} PageData */
/** @typedef {import('../page-data.ts').PageVertex} PageVertex */
/** @typedef {import('../shown-graph.ts').ViewState} ViewState */
/** @typedef {import('../shown-graph.ts').ShownGraph['nodes'][number]} ShownNode */
/** @typedef {{ readonly x: number, readonly y: number }} Point */

const NARROW = matchMedia('(max-width: 860px)');

const EMPTY = {
  upstream: 'Nothing made this',
  downstream: 'Nothing depends on this',
  both: 'Nothing is connected with this',
};

addEventListener('error', ({ message }) => warn(`This page ran into an error: ${message}`));
addEventListener('unhandledrejection', ({ reason }) =>
  warn(`This page ran into an error: ${String(reason?.message ?? reason)}`),
);
open(/** @type {PageData} */ (JSON.parse(byId('data').textContent ?? '')));

/** Puts the page together, and all that happens on it. */
function open(/** @type {PageData} */ data) {
  const start = data.vertices[0]?.id ?? '';
  /** @type {ViewState} */
  let state = {
    maxDepth: Number.POSITIVE_INFINITY,
    hiddenKinds: new Set(),
    hiddenTypes: new Set(),
    collapsed: new Set(),
    opened: new Set(),
  };
  let graph = shownGraph(data, state);
  let links = linksOf(graph);
  /** @type {string | undefined} */
  let selected;
  /** @type {PageVertex | undefined} */
  let member;

  fillHeading(data);
  const scene = createScene(byId('graph'), byId('cards', HTMLCanvasElement), {
    tapped: (id) => (id === undefined ? release() : select(id)),
    opened: toggle,
    pointed: showTip,
  });
  const toggleTheme = followTheme(scene.restyle);
  const filters = createFilters(data, (chosen) => change(chosen));
  const search = createSearch(
    () => data.vertices,
    (vertex) => {
      bringIn(vertex);
      byId('graph').focus();
    },
    data.live ? (text) => location.assign(`?${new URLSearchParams({ start: text })}`) : undefined,
  );
  const details = createDetails({ select, selectMember: bringIn, close: release });
  const neighbours = createNeighbours(data, {
    merged: () => {
      filters.fill();
      fillHeading(data);
      change({});
    },
    failed: warn,
  });

  draw(undefined);
  scene.firstLook(start, data.direction);
  if (NARROW.matches) toggleFilters(false);
  document.documentElement.dataset.ready = 'true';

  function draw(/** @type {string | undefined} */ anchor) {
    graph = shownGraph(data, state);
    links = linksOf(graph);
    scene.show(graph, anchor);
    if (selected !== undefined && !graph.nodes.some(({ id }) => id === selected))
      selected = member = undefined;
    mark();
    tellState();
  }

  function change(/** @type {Partial<ViewState>} */ changes) {
    state = { ...state, ...changes };
    draw(selected ?? start);
  }

  function mark() {
    const id = selected;
    scene.mark({
      start: graph.nodeOf.get(start) ?? start,
      selected: id,
      up: id === undefined ? new Set() : links.allSources(id),
      down: id === undefined ? new Set() : links.allTargets(id),
      unseen: neighbours.unseen,
    });
    details.show(id === undefined ? undefined : detailed(id));
  }

  function detailed(/** @type {string} */ id) {
    const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
    const node = nodes.get(id);
    if (node === undefined) return undefined;
    const ends = (/** @type {ReturnType<typeof links.sources>} */ found) =>
      found.flatMap(({ id: end, label }) => {
        const other = nodes.get(end);
        return other === undefined ? [] : [{ node: other, label }];
      });
    return {
      node,
      member,
      sources: ends(links.sources(id)),
      targets: ends(links.targets(id)),
      actions: actionsOf(node),
    };
  }

  function actionsOf(/** @type {ShownNode} */ node) {
    const { id, form } = node;
    const actions = [{ text: 'Centre', act: () => scene.reveal(id, covered()) }];
    if (form === 'cluster') actions.push({ text: 'Show one by one', act: () => toggle(id) });
    else if (state.collapsed.has(id)) actions.push({ text: 'Show what lies behind', act: () => toggle(id) });
    else if (node.depth < deepest() && id !== start)
      actions.push({ text: 'Hide what lies behind', act: () => toggle(id) });
    const unseen = neighbours.unseen(node);
    if (unseen > 0)
      actions.push({
        text: `Load ${unseen.toLocaleString('en-US')} more`,
        act: () => void neighbours.load(id),
      });
    return actions;
  }

  function select(/** @type {string} */ id) {
    selected = id;
    member = undefined;
    mark();
    scene.reveal(id, covered());
    announce();
  }

  /** Shows a vertex, whatever hides it now. */
  function bringIn(/** @type {PageVertex} */ vertex) {
    const hidden = graph.nodeOf.get(vertex.id) === undefined;
    if (hidden) {
      const hiddenKinds = new Set(state.hiddenKinds);
      const hiddenTypes = new Set(state.hiddenTypes);
      hiddenKinds.delete(vertex.kind);
      hiddenTypes.delete(vertex.type);
      state = { ...state, collapsed: new Set(), maxDepth: Math.max(state.maxDepth, vertex.depth) };
      draw(selected ?? start);
      // What was filtered out itself stays so in the boxes, and is shown as long as it is selected by its way only.
      if (graph.nodeOf.get(vertex.id) === undefined) change({ hiddenKinds, hiddenTypes });
    }
    const node = graph.nodeOf.get(vertex.id);
    if (node === undefined) return;
    selected = node;
    member = node === vertex.id ? undefined : vertex;
    mark();
    scene.reveal(node, covered());
    announce();
  }

  /** How much of the graph the details lie over: on a narrow screen they are a sheet. */
  function covered() {
    return NARROW.matches ? byId('details').offsetHeight : 0;
  }

  function release() {
    selected = member = undefined;
    mark();
  }

  /** Hides or shows what lies behind a vertex; opens a cluster. */
  function toggle(/** @type {string | undefined} */ id = selected) {
    const node = graph.nodes.find((one) => one.id === id);
    if (id === undefined || node === undefined || id === start) return;
    if (neighbours.unseen(node) > 0) return void neighbours.load(id);
    const [first] = node.members;
    if (node.form === 'cluster') {
      if (first === undefined) return;
      if (graph.nodes.length + node.members.length > CLUSTER_ABOVE + 500) {
        return note(
          `${node.members.length.toLocaleString('en-US')} more cards would be too many to draw: filter by kind or type first.`,
        );
      }
      return change({ opened: new Set(state.opened).add(clusterId(first)) });
    }
    const collapsed = new Set(state.collapsed);
    if (!collapsed.delete(id)) collapsed.add(id);
    change({ collapsed });
  }

  function move(/** @type {'left' | 'right' | 'up' | 'down'} */ direction) {
    if (selected === undefined) return select(graph.nodeOf.get(start) ?? start);
    const next = direction === 'left' || direction === 'right' ? alongEdges(direction) : inColumn(direction);
    if (next !== undefined) select(next);
  }

  /** The nearest neighbour in the drawing. */
  function alongEdges(/** @type {'left' | 'right'} */ direction) {
    const here = selected ?? start;
    const from = scene.positionOf(here) ?? { x: 0, y: 0 };
    const ends = direction === 'left' ? links.sources(here) : links.targets(here);
    const far = (/** @type {string} */ id) => {
      const { x, y } = scene.positionOf(id) ?? from;
      return Math.hypot(x - from.x, y - from.y);
    };
    return ends
      .map(({ id }) => id)
      .filter((id) => id !== here)
      .sort((a, b) => far(a) - far(b))[0];
  }

  function inColumn(/** @type {'up' | 'down'} */ direction) {
    const here = scene.positionOf(selected ?? start);
    if (here === undefined) return undefined;
    const sign = direction === 'down' ? 1 : -1;
    const column = scene
      .cards()
      .filter(
        ({ node, x, y }) => node.id !== here.node.id && Math.abs(x - here.x) < 60 && (y - here.y) * sign > 0,
      );
    return column.sort((a, b) => (a.y - b.y) * sign)[0]?.node.id;
  }

  function deepest() {
    return data.vertices.reduce((most, { depth }) => Math.max(most, depth), 0);
  }

  function hops(/** @type {1 | -1} */ by) {
    const most = deepest();
    const now = Math.min(state.maxDepth, most);
    const next = Math.min(most, Math.max(Math.min(1, most), now + by));
    if (next !== now) change({ maxDepth: next === most ? Number.POSITIVE_INFINITY : next });
  }

  function tellState() {
    const most = deepest();
    const now = Math.min(state.maxDepth, most);
    byId('hop-count').textContent =
      now === most ? `${most === 1 ? '1 hop' : `all ${most} hops`}` : `${now} of ${most} hops`;
    byId('hops').hidden = most === 0;
    byId('fewer-hops', HTMLButtonElement).disabled = now <= 1;
    byId('more-hops', HTMLButtonElement).disabled = now >= most;
    const total = data.vertices.filter(({ role }) => role === 'answer').length;
    const number = (/** @type {number} */ count) => count.toLocaleString('en-US');
    byId('counts').textContent =
      graph.shown === total
        ? `${number(total)} ${total === 1 ? 'entity' : 'entities'}`
        : `${number(graph.shown)} of ${number(total)} entities shown`;
    note(
      graph.clustered
        ? `More than ${number(CLUSTER_ABOVE)} entities: those of one type at one distance are drawn as one.`
        : undefined,
    );
    showMessage(total, graph.shown);
  }

  function showMessage(/** @type {number} */ total, /** @type {number} */ shown) {
    const message = byId('message');
    message.hidden = shown > 0 || (data.live ?? false);
    if (message.hidden) return;
    const [title, text] =
      total > 0
        ? ['Everything is filtered out', 'Tick a kind or a type on the left, or show more hops.']
        : [
            EMPTY[data.direction],
            data.complete
              ? 'The answer is complete: there is nothing else that this question asks for.'
              : `The answer is not complete: ${oneLine(data.incompleteReason ?? '')}.`,
          ];
    message.replaceChildren(element('h2', { text: title }), element('p', { text, dir: 'auto' }));
  }

  function announce() {
    const node = graph.nodes.find(({ id }) => id === selected);
    if (node === undefined) return;
    const { name, type, kind, depth } = member ?? node;
    const [into, outOf] = [links.sources(node.id).length, links.targets(node.id).length];
    byId('announcer').textContent =
      `${oneLine(name)}, ${type || KIND_STYLES[kind].title}, ${hopsText(depth)}; made from ${into}, led to ${outOf}.`;
  }

  function showTip(/** @type {string | undefined} */ id, /** @type {Point} */ at) {
    const tip = byId('tip');
    const node = graph.nodes.find((one) => one.id === id);
    tip.hidden = node === undefined;
    byId('graph').classList.toggle('pointing', node !== undefined);
    if (node === undefined) return;
    tip.replaceChildren(entityElement(node, hopsText(node.depth)));
    const stage = byId('stage').getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(at.x + 14, stage.width - tip.offsetWidth - 8))}px`;
    tip.style.top = `${Math.max(8, Math.min(at.y + 18, stage.height - tip.offsetHeight - 8))}px`;
  }

  function toggleFilters(/** @type {boolean} */ show) {
    byId('filters').hidden = !show;
    byId('toggle-filters').setAttribute('aria-expanded', String(show));
  }

  /** Lines that go under a picture: what it shows, and whether that is all. */
  function captions() {
    const facts = data.facts.filter(([name]) => ['Run', 'Run finished', 'Asked'].includes(name));
    return [oneLine(data.summary), facts.map(([name, value]) => `${name}: ${oneLine(value)}`).join(' · ')];
  }

  byId('toggle-filters').addEventListener('click', () => toggleFilters(byId('filters').hidden !== false));
  byId('toggle-theme').addEventListener('click', toggleTheme);
  byId('fewer-hops').addEventListener('click', () => hops(-1));
  byId('more-hops').addEventListener('click', () => hops(1));
  byId('zoom-in').addEventListener('click', () => scene.zoomBy(1.25));
  byId('zoom-out').addEventListener('click', () => scene.zoomBy(0.8));
  byId('zoom-fit').addEventListener('click', scene.fit);
  byId('show-help').addEventListener('click', () => byId('help', HTMLDialogElement).showModal());
  byId('save-image').addEventListener('click', () => void savePicture(scene.sheet(captions())));
  byId('print-page').addEventListener('click', () => print());
  const root = document.documentElement;
  let theme = root.dataset.theme;
  // Paper is light, whatever the screen is.
  addEventListener('beforeprint', () => {
    theme = root.dataset.theme;
    root.dataset.theme = 'light';
    scene.restyle();
    fillPrint(
      scene.sheet(captions()),
      data.vertices.filter(({ id, role }) => role !== 'between' && graph.nodeOf.has(id)),
    );
  });
  addEventListener('afterprint', () => {
    root.dataset.theme = theme;
    scene.restyle();
    byId('print').replaceChildren();
  });
  listenToKeys({
    move,
    details: () => (selected === undefined ? select(graph.nodeOf.get(start) ?? start) : details.focus()),
    toggle: () => toggle(),
    start: () => select(graph.nodeOf.get(start) ?? start),
    release: () => {
      release();
      byId('graph').focus();
    },
    hops,
    zoom: scene.zoomBy,
    fit: scene.fit,
    search: search.focus,
  });
}

function fillHeading(/** @type {PageData} */ data) {
  const [start] = data.vertices;
  byId('asks').textContent = data.asks;
  byId('start-name').textContent = oneLine(start?.name ?? '');
  const pill = byId('completeness');
  pill.textContent = data.complete ? (data.live ? 'Loaded on demand' : 'Complete') : 'Not complete';
  pill.classList.toggle('bad', !data.complete);
  const facts = new Map(data.facts);
  const run = facts.get('Run');
  const finished = facts.get('Run finished');
  const asked = facts.get('Asked');
  byId('when').textContent = [
    run === undefined ? undefined : `run ${oneLine(run)}`,
    finished === undefined ? undefined : `finished ${minute(finished)}`,
    run === undefined && asked !== undefined ? `asked ${minute(asked)}` : undefined,
  ]
    .filter((text) => text !== undefined)
    .join(', ');
  if (!data.complete)
    warn(`${data.live ? 'This graph' : 'This answer'} is not complete: ${data.incompleteReason ?? ''}.`);
}

/** `2026-11-21 04:20 UTC` */
function minute(/** @type {string} */ iso) {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d.*Z$/.test(iso)
    ? `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
    : oneLine(iso);
}

function warn(/** @type {string} */ text) {
  const warning = byId('warning');
  warning.hidden = false;
  warning.textContent = oneLine(text);
}

function note(/** @type {string | undefined} */ text) {
  const line = byId('note');
  line.hidden = text === undefined;
  line.textContent = text ?? '';
}
