import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { arnKey } from '../../graph/arn.ts';
import type { Edge, Vertex } from '../../graph/elements.ts';
import { edgeId } from '../../graph/ids.ts';
import { isMembershipLabel } from '../../graph/kinds.ts';
import { type CompactGraph, compactGraph } from '../../lineage/compact/compact-graph.ts';
import {
  type CompactSections,
  openSections,
  sectionsInMemory,
  writeSections,
} from '../../lineage/compact/sections.ts';
import type { LineageGraph, Names, Resemblance, Selection } from '../../lineage/graph.ts';
import { buildGraph, type VertexColumn, vertexColumns } from './build.ts';
import { isCompressed, kindOfFile, mayHold, type RunFiles, runFiles, stampOf } from './files.ts';
import { fieldsOf, fieldText, lineSplitter, scanPieces } from './scan-file.ts';

type RunGraphOptions = {
  /** The run's directory. */
  readonly directory: string;
  /** Which run it is. */
  readonly run?: LineageGraph['run'] | undefined;
  /** Why the run may lack something, if its manifest says so. */
  readonly incompleteReason?: string | undefined;
  /** Keep the compact graph beside the files, where that can be. @default false */
  readonly keep?: boolean | undefined;
  /** Hears that all files have to be read: no compact graph is kept, or none of these files. */
  readonly onReading?: ((why: 'none kept' | 'unusable') => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** What an export or a first question leaves beside the files, so that no other need read them all. Of no other use. */
export const COMPACT_FILE = 'lineage.bin';

/**
 * The lineage graph in a run directory, without any server. All files are read once, into numbers; after that only the
 * rows of an answer are, when it is made.
 *
 * @throws LineageError (usage) where the directory holds no edges file; (validationFailed) where a file cannot be read.
 */
export async function openRunGraph(options: RunGraphOptions): Promise<LineageGraph> {
  const { directory, run, incompleteReason } = options;
  const files = await runFiles(directory);
  const sections = await compactSections(options, files);
  const graph = compactGraph(sections);
  const rows = rowReader(files);

  return {
    name: directory,
    ...(run === undefined ? {} : { run }),
    ...(incompleteReason === undefined ? {} : { incompleteReason }),
    vertices: (ids, { signal } = {}) => rows.read(graph, ids, signal),
    // A run's files are in the order of creation, and so are the edges of a vertex.
    async edges(ids, direction, { membership = false } = {}) {
      return edgesOf(graph, ids, direction).filter(({ label }) => membership || !isMembershipLabel(label));
    },
    async spelling(id) {
      const number = graph.number(id);
      return number === undefined ? undefined : graph.id(number);
    },
    async named(names, { signal } = {}) {
      const ids = names.texts.flatMap((text) => graph.withText(text).slice(0, MOST_NAMED).map(graph.id));
      return (await rows.read(graph, [...new Set(ids)], signal)).filter((vertex) => isNamed(vertex, names));
    },
    resembling: (text, { signal } = {}) => resembling(rows, text, signal),
    list: (selection, { signal } = {}) => rows.list(selection, signal),
    holds: async (property) => sections.properties.includes(property),
  };
}

/** More vertices of one name than anybody can choose from. */
const MOST_NAMED = 100;

async function compactSections(
  { directory, keep, onReading, signal }: RunGraphOptions,
  files: RunFiles,
): Promise<CompactSections> {
  const path = join(directory, COMPACT_FILE);
  const key = await stampOf(files);
  const known = keep === true ? openSections(path, key) : undefined;
  if (known !== undefined) return known;
  signal?.throwIfAborted();
  onReading?.(keep === true && existsSync(path) ? 'unusable' : 'none kept');
  const data = await buildGraph(files, signal);
  return (
    (keep === true ? kept(path, key, () => writeSections(path, key, data)) : undefined) ??
    sectionsInMemory(data)
  );
}

/** A directory that cannot be written, or a full disk, costs the next question its time and nothing else. */
function kept(path: string, key: string, write: () => void): CompactSections | undefined {
  try {
    write();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    return undefined;
  }
  return openSections(path, key);
}

function edgesOf(
  graph: CompactGraph,
  ids: readonly string[],
  direction: 'upstream' | 'downstream',
): readonly Edge[] {
  const found: Edge[] = [];
  for (const id of new Set(ids)) {
    const number = graph.number(id);
    if (number === undefined) continue;
    const near = graph.id(number);
    const { ends, labels } = graph.edges(number, direction);
    ends.forEach((end, index) => {
      const far = graph.id(end);
      const [from, to] = direction === 'downstream' ? [near, far] : [far, near];
      const label = graph.label(labels[index] ?? 0);
      found.push({ id: edgeId(from, label, to), from, to, label });
    });
  }
  return found;
}

function isNamed({ properties }: Vertex, names: Names): boolean {
  const texts = names.texts.map(arnKey);
  return names.properties.some((name) => texts.includes(arnKey(String(properties[name] ?? ''))));
}

type RowReader = {
  read(
    graph: CompactGraph,
    ids: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Vertex[]>;
  list(selection: Selection, signal: AbortSignal | undefined): AsyncGenerator<Vertex>;
};

function rowReader({ vertices: files }: RunFiles): RowReader {
  const columnsOf = new Map<string, readonly VertexColumn[]>();
  const columns = (file: string) => {
    const known = columnsOf.get(file) ?? vertexColumns(firstLine(file), file);
    columnsOf.set(file, known);
    return known;
  };

  async function* scanned(
    file: string,
    isWanted: (id: string, label: string) => boolean,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Vertex> {
    let names: readonly VertexColumn[] = [];
    const found: Vertex[] = [];
    const pieces = scanPieces(file, {
      signal,
      onHeader: (header) => {
        names = vertexColumns(header, file);
      },
      onRecord: (bytes, record) => {
        const [id, label] = [fieldText(bytes, record, 0), fieldText(bytes, record, 1)];
        if (isWanted(id, label)) found.push(vertexOf(fieldsOf(bytes, record), names));
      },
    });
    for await (const _ of pieces) yield* found.splice(0);
  }

  return {
    async read(graph, ids, signal) {
      signal?.throwIfAborted();
      const placed: PlacedRow[] = [];
      const unplaced = new Set<string>();
      for (const id of new Set(ids)) {
        const number = graph.number(id);
        if (number === undefined) continue;
        const place = graph.place(number);
        if (place === undefined) unplaced.add(graph.id(number));
        else placed.push({ ...place, file: files[place.file] ?? '' });
      }
      const found = readPlaced(placed, columns, signal);
      for (const file of files.filter(isCompressed)) {
        if (!mayHold(file, unplaced)) continue;
        for await (const vertex of scanned(file, (id) => unplaced.has(id), signal)) found.push(vertex);
      }
      return found;
    },
    async *list({ kinds = [], types = [] }, signal) {
      for (const file of files) {
        const kind = kindOfFile(file);
        if (kinds.length > 0 && kind !== undefined && !kinds.includes(kind)) continue;
        const vertices = scanned(file, (_, label) => kinds.length === 0 || kinds.includes(label), signal);
        for await (const vertex of vertices) {
          if (types.length === 0 || types.includes(String(vertex.properties.type ?? ''))) yield vertex;
        }
      }
    },
  };
}

const LF = 0x0a;

type PlacedRow = { readonly file: string; readonly start: number; readonly length: number };

/** Rows that lie so near to each other come with one reading. */
const GAP_BYTES = 4_096;
const READ_BYTES = 1_048_576;

function readPlaced(
  placed: readonly PlacedRow[],
  columns: (file: string) => readonly VertexColumn[],
  signal: AbortSignal | undefined,
): Vertex[] {
  const found: Vertex[] = [];
  const fieldsAt = lineSplitter();
  for (const file of new Set(placed.map((row) => row.file))) {
    const rows = placed.filter((row) => row.file === file);
    const fd = openSync(file, 'r');
    try {
      const names = columns(file);
      for (const group of neighbours(rows.toSorted((a, b) => a.start - b.start))) {
        signal?.throwIfAborted();
        const { from, to } = group;
        const bytes = Buffer.allocUnsafe(to - from + 1);
        readSync(fd, bytes, 0, to - from, from);
        bytes[to - from] = LF;
        for (const { start } of group.rows) found.push(vertexOf(fieldsAt(bytes, start - from), names));
      }
    } finally {
      closeSync(fd);
    }
  }
  return found;
}

type Neighbours = { readonly from: number; to: number; readonly rows: PlacedRow[] };

function neighbours(rows: readonly PlacedRow[]): readonly Neighbours[] {
  const groups: Neighbours[] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    const end = row.start + row.length;
    if (last !== undefined && row.start - last.to <= GAP_BYTES && end - last.from <= READ_BYTES) {
      last.to = end;
      last.rows.push(row);
    } else groups.push({ from: row.start, to: end, rows: [row] });
  }
  return groups;
}

const HEADER_BYTES = 65_536;

function firstLine(file: string): readonly string[] {
  const bytes = Buffer.alloc(HEADER_BYTES, '\n');
  const fd = openSync(file, 'r');
  try {
    readSync(fd, bytes, 0, HEADER_BYTES - 1, 0);
    return lineSplitter()(bytes, 0);
  } finally {
    closeSync(fd);
  }
}

function vertexOf(
  [id = '', label = '', ...cells]: readonly string[],
  columns: readonly VertexColumn[],
): Vertex {
  const properties: Record<string, string | number> = {};
  columns.forEach(({ name, isNumber }, index) => {
    const cell = cells[index];
    // A blank is no value to the loader; an empty text is none either, by its default.
    if (cell !== undefined && cell !== '') properties[name] = isNumber ? Number(cell) : cell;
  });
  return { id, label, properties };
}

const MAX_NEAR = 5;
/** Shorter texts resemble everything. */
const MIN_NEEDLE = 3;

async function resembling(
  rows: RowReader,
  text: string,
  signal: AbortSignal | undefined,
): Promise<Resemblance> {
  const key = arnKey(text);
  const needle = key.slice(key.lastIndexOf('/') + 1);
  const near: string[] = [];
  if (needle.length < MIN_NEEDLE) return { near };
  for await (const { id, properties } of rows.list({}, signal)) {
    if (near.length === MAX_NEAR) break;
    if (arnKey(id).includes(needle) || arnKey(String(properties.name ?? '')).includes(needle)) near.push(id);
  }
  return { near };
}
