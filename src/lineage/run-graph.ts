import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { LineageError } from '../errors.ts';
import { arnKey, kindOfArn } from '../graph/arn.ts';
import type { Edge, Vertex } from '../graph/elements.ts';
import { edgeId } from '../graph/ids.ts';
import { EDGES_FILE, isMembershipLabel, KINDS, LISTED_KINDS, type ListedKind } from '../graph/kinds.ts';
import { type Adjacency, createAdjacency } from './adjacency.ts';
import type { LineageGraph } from './graph.ts';

type RunGraphOptions = {
  /** The run's directory. */
  readonly directory: string;
  /** Which run it is. */
  readonly run?: LineageGraph['run'] | undefined;
  /** Why the run may lack something, if its manifest says so. */
  readonly incompleteReason?: string | undefined;
  readonly signal?: AbortSignal | undefined;
};

/**
 * The lineage graph in a run directory, without any server. Edges are read once, into numbers; of the vertices only those
 * of an answer are read, when it is made.
 *
 * @throws LineageError (usage) where the directory holds no edges file; (validationFailed) where a file cannot be read.
 */
export async function openRunGraph({
  directory,
  run,
  incompleteReason,
  signal,
}: RunGraphOptions): Promise<LineageGraph> {
  const vertexFiles = await filesOf(join(directory, 'data', 'nodes'));
  const edgeFiles = await filesOf(join(directory, 'data', 'edges'));
  if (!edgeFiles.some((file) => plainName(file) === EDGES_FILE)) throw notARun(directory);
  const adjacency = await readEdges(edgeFiles, signal);

  return {
    name: directory,
    ...(run === undefined ? {} : { run }),
    ...(incompleteReason === undefined ? {} : { incompleteReason }),
    vertices: (ids, options) => readVertices(vertexFiles, ids, options?.signal),
    async edges(ids, direction, { membership = false } = {}) {
      return adjacency
        .edges(ids, direction)
        .filter(({ label }) => membership || !isMembershipLabel(label))
        .map((edge): Edge => ({ id: edgeId(edge.from, edge.label, edge.to), ...edge }));
    },
    holds: (property, options) => anyHolds(vertexFiles, property, options?.signal),
    async find(text, options) {
      const id = adjacency.spelling(text);
      return id === undefined ? findInFiles(vertexFiles, text, options?.signal) : { found: true, id };
    },
  };
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return names
    .filter((name) => /\.csv(\.gz)?$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function plainName(file: string): string {
  return basename(file, '.gz');
}

function notARun(directory: string): LineageError {
  return new LineageError('usage', `${directory} is not a run: it holds no data/edges/${EDGES_FILE}.`, {
    hint: 'Pass the directory that `smlineage export` printed.',
    details: { directory },
  });
}

async function readEdges(files: readonly string[], signal: AbortSignal | undefined): Promise<Adjacency> {
  const adjacency = createAdjacency();
  for (const file of files) {
    let columns: EdgeColumns | undefined;
    for await (const record of readRecords(file, signal)) {
      if (columns === undefined) columns = edgeColumns(record, file);
      else adjacency.add(record[columns.from] ?? '', record[columns.label] ?? '', record[columns.to] ?? '');
    }
  }
  return adjacency;
}

type EdgeColumns = { readonly from: number; readonly to: number; readonly label: number };

function edgeColumns(header: readonly string[], file: string): EdgeColumns {
  const columns = {
    from: header.indexOf('~from'),
    to: header.indexOf('~to'),
    label: header.indexOf('~label'),
  };
  if (Object.values(columns).includes(-1)) throw badHeader(file, '~from, ~to and ~label', header);
  return columns;
}

async function readVertices(
  files: readonly string[],
  ids: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly Vertex[]> {
  const wanted = new Set(ids);
  const vertices: Vertex[] = [];
  for (const file of files) {
    if (!mayHold(file, wanted)) continue;
    for await (const vertex of readVertexFile(file, wanted, signal)) {
      vertices.push(vertex);
      wanted.delete(vertex.id);
      if (wanted.size === 0) return vertices;
    }
  }
  return vertices;
}

const KIND_OF_FILE: ReadonlyMap<string, ListedKind> = new Map(
  LISTED_KINDS.map((kind) => [KINDS[kind].file, kind]),
);

/** A file of one kind holds only ARNs of that kind; the externals' file holds any. */
function mayHold(file: string, wanted: ReadonlySet<string>): boolean {
  const kind = KIND_OF_FILE.get(plainName(file));
  if (kind === undefined) return wanted.size > 0;
  for (const id of wanted) if (kindOfArn(id) === kind) return true;
  return false;
}

async function anyHolds(
  files: readonly string[],
  property: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (const file of files) {
    for await (const { properties } of readVertexFile(file, undefined, signal)) {
      if (properties[property] !== undefined) return true;
    }
  }
  return false;
}

/** The vertices of a file whose ids are wanted; all where `wanted` is undefined. */
async function* readVertexFile(
  file: string,
  wanted: ReadonlySet<string> | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Vertex> {
  let columns: readonly VertexColumn[] | undefined;
  for await (const record of readRecords(file, signal)) {
    if (columns === undefined) columns = vertexColumns(record, file);
    else if (wanted === undefined || wanted.has(record[0] ?? '')) yield vertexOf(record, columns);
  }
}

type VertexColumn = { readonly name: string; readonly isNumber: boolean };

/** `~id,~label,arn:String(single),creationtimems:Long(single)`; a column without a type holds text. */
function vertexColumns(header: readonly string[], file: string): readonly VertexColumn[] {
  if (header[0] !== '~id' || header[1] !== '~label') throw badHeader(file, '~id,~label first', header);
  return header.slice(2).map((text) => {
    const [, name = text, type = 'String'] = /^(.+?)(?<!\\):(\w+)(?:\(\w+\))?$/.exec(text) ?? [];
    return { name: name.replaceAll('\\:', ':'), isNumber: NUMBER_TYPES.has(type.toLowerCase()) };
  });
}

const NUMBER_TYPES: ReadonlySet<string> = new Set(['byte', 'short', 'int', 'long', 'float', 'double']);

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

/** A vertex without edges is in the vertex files only; the look at all of them also finds what resembles the text. */
async function findInFiles(
  files: readonly string[],
  text: string,
  signal: AbortSignal | undefined,
): ReturnType<LineageGraph['find']> {
  const key = arnKey(text);
  const needle = key.slice(key.lastIndexOf('/') + 1);
  const near: string[] = [];
  for (const file of files) {
    for await (const { id, properties } of readVertexFile(file, undefined, signal)) {
      const candidate = arnKey(id);
      if (candidate === key) return { found: true, id };
      const resembles = candidate.includes(needle) || arnKey(String(properties.name ?? '')).includes(needle);
      if (near.length < MAX_NEAR && needle.length >= MIN_NEEDLE && resembles) near.push(id);
    }
  }
  return { found: false, lookedFor: [text], near };
}

async function* readRecords(
  file: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly string[]> {
  const parser = parse();
  const source = createReadStream(file, signal === undefined ? {} : { signal });
  const stages = file.endsWith('.gz') ? [source, createGunzip()] : [source];
  // The parser is destroyed with the error of any stage, and the loop below throws it.
  pipeline([...stages, parser], () => undefined);
  try {
    for await (const record of parser) yield record as readonly string[];
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new LineageError('validationFailed', `${file} cannot be read as CSV: ${(cause as Error).message}`, {
      cause,
      hint: 'The file is damaged: export again.',
      details: { file },
    });
  }
}

function badHeader(file: string, expected: string, header: readonly string[]): LineageError {
  return new LineageError(
    'validationFailed',
    `Expected ${expected} in the header of ${file}, got ${header.join(',')}.`,
    {
      hint: 'Export again with this version.',
      details: { file },
    },
  );
}
