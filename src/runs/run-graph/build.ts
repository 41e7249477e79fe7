import type { ScannedRecord } from '../../csv/check/scan.ts';
import { LineageError } from '../../errors.ts';
import { type CompactBuilder, createCompactBuilder, type TextAt } from '../../lineage/compact/builder.ts';
import type { CompactData } from '../../lineage/compact/sections.ts';
import { isCompressed, type RunFiles } from './files.ts';
import { fieldText, isFilled, isPlain, scanFile } from './scan-file.ts';

/** The properties by whose values people name an entity. */
const NAMING_PROPERTIES = ['name', 'displayname', 'sourceuri', 'sourcearn'] as const;

/**
 * Reads all files of a run once into a compact graph. Rows of uncompressed files are kept as places only.
 *
 * @throws LineageError (validationFailed) where a file cannot be read.
 */
export async function buildGraph(
  { vertices, edges }: RunFiles,
  signal: AbortSignal | undefined,
): Promise<CompactData> {
  const builder = createCompactBuilder();
  const filled = new Set<string>();
  for (const [number, file] of vertices.entries()) {
    await addVertices(builder, { file, number, filled, signal });
  }
  for (const file of edges) await addEdges(builder, file, signal);
  return { ...builder.finish(), properties: [...filled].sort() };
}

type VertexFile = {
  readonly file: string;
  readonly number: number;
  /** Gathers the properties that some vertex has. */
  readonly filled: Set<string>;
  readonly signal: AbortSignal | undefined;
};

async function addVertices(
  builder: CompactBuilder,
  { file, number, filled, signal }: VertexFile,
): Promise<void> {
  let columns: readonly VertexColumn[] = [];
  let naming: readonly number[] = [];
  let unseen: readonly number[] = [];
  await scanFile(file, {
    signal,
    onHeader(names) {
      columns = vertexColumns(names, file);
      naming = columns.flatMap(({ name }, index) => (NAMING.has(name) ? [index + 2] : []));
      unseen = columns.map((_, index) => index + 2);
    },
    onRecord(bytes, record, line) {
      const place = isCompressed(file) ? undefined : { file: number, ...line };
      const vertex = builder.addVertex(textAt(bytes, record, 0), place);
      for (const index of naming) {
        if (isFilled(record, index)) builder.addText(vertex, textAt(bytes, record, index));
      }
      if (!unseen.some((index) => isFilled(record, index))) return;
      for (const index of unseen) {
        if (isFilled(record, index)) filled.add(columns[index - 2]?.name ?? '');
      }
      unseen = unseen.filter((index) => !isFilled(record, index));
    },
  });
}

const NAMING: ReadonlySet<string> = new Set(NAMING_PROPERTIES);

async function addEdges(
  builder: CompactBuilder,
  file: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  let [from, to, label] = [0, 0, 0];
  await scanFile(file, {
    signal,
    onHeader(names) {
      [from, to, label] = ['~from', '~to', '~label'].map((name) => names.indexOf(name)) as [
        number,
        number,
        number,
      ];
      if ([from, to, label].includes(-1)) throw badHeader(file, '~from, ~to and ~label', names);
    },
    onRecord(bytes, record) {
      builder.addEdge(
        textAt(bytes, record, from),
        fieldText(bytes, record, label),
        textAt(bytes, record, to),
      );
    },
  });
}

export type VertexColumn = { readonly name: string; readonly isNumber: boolean };

/**
 * The property columns of a vertex file, from its header: `~id,~label,arn:String(single),creationtimems:Long(single)`; a
 * column without a type holds text.
 */
export function vertexColumns(header: readonly string[], file: string): readonly VertexColumn[] {
  if (header[0] !== '~id' || header[1] !== '~label') throw badHeader(file, '~id,~label first', header);
  return header.slice(2).map((text) => {
    const [, name = text, type = 'String'] = /^(.+?)(?<!\\):(\w+)(?:\(\w+\))?$/.exec(text) ?? [];
    return { name: name.replaceAll('\\:', ':'), isNumber: NUMBER_TYPES.has(type.toLowerCase()) };
  });
}

const NUMBER_TYPES: ReadonlySet<string> = new Set(['byte', 'short', 'int', 'long', 'float', 'double']);

function textAt(bytes: Buffer, record: ScannedRecord, index: number): TextAt {
  if (isPlain(record, index)) {
    return { bytes, start: record.starts[index] ?? 0, end: record.ends[index] ?? 0, ascii: true };
  }
  const text = Buffer.from(fieldText(bytes, record, index));
  return { bytes: text, start: 0, end: text.length, ascii: false };
}

function badHeader(file: string, expected: string, header: readonly string[]): LineageError {
  return new LineageError(
    'validationFailed',
    `Expected ${expected} in the header of ${file}, got ${header.join(',')}.`,
    { hint: 'Export again with this version.', details: { file } },
  );
}
