import type { ElementKind, ValueType } from '../../graph/stored.ts';
import type { Broken } from './rules.ts';

export type FileKind = ElementKind;

type SystemColumn = '~id' | '~label' | '~from' | '~to';

export type Column = {
  readonly name: string;
  /** Of a property column. */
  readonly type?: ValueType;
  /** Several values in a cell, separated by `;`. */
  readonly list?: boolean;
};

export type Header = {
  readonly kind: FileKind;
  readonly columns: readonly Column[];
  /** Everything that is wrong; rows can be read only where nothing is. */
  readonly broken: readonly Broken[];
};

/**
 * Reads the header of a load file. One with `~from` or `~to` is of an edge file, whatever the file is called (Neptune user
 * guide, "Gremlin load data format").
 */
export function readHeader(fields: readonly string[]): Header {
  const lower = new Set(fields.map((field) => field.toLowerCase()));
  const kind = lower.has('~from') || lower.has('~to') ? 'edge' : 'vertex';
  const columns: Column[] = [];
  const broken: Broken[] = REQUIRED[kind]
    .filter((name) => !lower.has(name))
    .map((name) => ({ rule: 'missing-column', column: name }));
  const seen = new Set<string>();
  for (const field of fields) {
    const found = field.startsWith('~') ? systemColumn(field) : propertyColumn(field, kind);
    if ('rule' in found) {
      broken.push(found);
      continue;
    }
    if (seen.has(found.name)) broken.push({ rule: 'repeated-column', column: found.name, found: field });
    seen.add(found.name);
    columns.push(found);
  }
  return { kind, columns, broken };
}

const REQUIRED = { vertex: ['~id'], edge: ['~id', '~from', '~to'] } as const;

const SYSTEM_COLUMNS: ReadonlySet<string> = new Set<SystemColumn>(['~id', '~label', '~from', '~to']);

/** Names of types are not case-sensitive. */
const TYPES: ReadonlyMap<string, ValueType> = new Map<string, ValueType>([
  ['bool', 'Bool'],
  ['boolean', 'Bool'],
  ['byte', 'Byte'],
  ['short', 'Short'],
  ['int', 'Int'],
  ['long', 'Long'],
  ['float', 'Float'],
  ['double', 'Double'],
  ['string', 'String'],
  ['date', 'Date'],
  ['datetime', 'Datetime'],
]);

function systemColumn(field: string): Column | Broken {
  const name = field.toLowerCase();
  if (SYSTEM_COLUMNS.has(name)) return { name };
  return { rule: 'unknown-system-column', column: field, found: field };
}

function propertyColumn(field: string, kind: FileKind): Column | Broken {
  const colon = field.search(/(?<!\\):/);
  const escapedName = colon < 0 ? field : field.slice(0, colon);
  const name = escapedName.replaceAll('\\:', ':');
  const at = { column: name, found: field };
  if (name === '') return { rule: 'column-syntax', ...at };
  if (/[\s,]/.test(name) || name.includes('\0')) return { rule: 'property-name', ...at };
  if (colon < 0) return { name, type: 'String', list: false };

  const suffix = /^([^()[\]:]*)(?:\(([^()]*)\))?(\[\])?$/s.exec(field.slice(colon + 1));
  if (suffix === null) return { rule: 'column-syntax', ...at };
  const [, typeName = '', cardinality, brackets] = suffix;
  const type = TYPES.get(typeName.toLowerCase());
  if (type === undefined) return { rule: 'unknown-type', ...at };
  const list = brackets !== undefined;
  const rule = brokenCardinality(cardinality?.toLowerCase(), list, kind);
  return rule === undefined ? { name, type, list } : { rule, ...at };
}

function brokenCardinality(
  cardinality: string | undefined,
  list: boolean,
  kind: FileKind,
): Broken['rule'] | undefined {
  if (cardinality !== undefined && cardinality !== 'single' && cardinality !== 'set') {
    return 'unknown-cardinality';
  }
  if (kind === 'edge' && (cardinality === 'set' || list)) return 'edge-cardinality';
  return list && cardinality === 'single' ? 'single-list' : undefined;
}
