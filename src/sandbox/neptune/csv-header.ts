/** A column of a file in Neptune's Gremlin load format. */
export type HeaderColumn =
  | { readonly system: SystemColumn }
  | {
      readonly name: string;
      readonly type: CellType;
      /** Whether the column says that an element has one value at most: `(single)`, and any column of an edge file. */
      readonly single: boolean;
      /** `[]`: several values in one cell, separated by `;`. */
      readonly list: boolean;
    };

export type CellType = (typeof CELL_TYPES)[number];

type SystemColumn = (typeof SYSTEM_COLUMNS)[number];

export type FeedHeader = { readonly kind: 'vertex' | 'edge'; readonly columns: readonly HeaderColumn[] };

const CELL_TYPES = ['Bool', 'Byte', 'Short', 'Int', 'Long', 'Float', 'Double', 'String', 'Datetime'] as const;

/** Type names as the load format spells them, in lower case: they are not case-sensitive. */
const TYPE_BY_NAME: ReadonlyMap<string, CellType> = new Map<string, CellType>([
  ...CELL_TYPES.map((type) => [type.toLowerCase(), type] as const),
  ['boolean', 'Bool'],
  // Neptune Database keeps a date as the moment at which the day begins.
  ['date', 'Datetime'],
]);

const SYSTEM_COLUMNS = ['~id', '~label', '~from', '~to'] as const;

/**
 * The header of a file, or why the loader refuses it (Neptune user guide, "Load data format for Gremlin"). An edge file
 * is one that has `~from` or `~to`.
 */
export function parseHeader(fields: readonly string[]): FeedHeader | { readonly problem: string } {
  const lower = fields.map((field) => field.toLowerCase());
  const isEdge = lower.includes('~from') || lower.includes('~to');
  const required = isEdge ? (['~id', '~from', '~to'] as const) : (['~id'] as const);
  const missing = required.filter((name) => !lower.includes(name));
  if (missing.length > 0) return { problem: `The header has no ${missing.join(', ')} column` };

  const columns: HeaderColumn[] = [];
  const seen = new Set<string>();
  for (const field of fields) {
    const column = field.startsWith('~') ? systemColumn(field) : propertyColumn(field, isEdge);
    if ('problem' in column) return column;
    const name = 'system' in column ? column.system : column.name;
    if (seen.has(name)) return { problem: `The header has the column ${name} twice` };
    seen.add(name);
    columns.push(column);
  }
  return { kind: isEdge ? 'edge' : 'vertex', columns };
}

type Parsed = HeaderColumn | { readonly problem: string };

function systemColumn(field: string): Parsed {
  const system = SYSTEM_COLUMNS.find((name) => name === field.toLowerCase());
  return system === undefined ? { problem: `Invalid system column ${field}` } : { system };
}

/** `name`, `name:type`, `name:type(cardinality)`, each with `[]` after its type; a colon in the name as `\:`. */
function propertyColumn(field: string, isEdge: boolean): Parsed {
  const match = /^((?:\\:|\\(?!:)|[^:\\])+)(?::([^:()[\]]*)(?:\(([^()]*)\))?(\[\])?)?$/s.exec(field);
  if (match === null) return { problem: `Invalid property column ${JSON.stringify(field)}` };
  const [, escapedName = '', typeName = 'String', cardinality, brackets] = match;
  const name = escapedName.replaceAll('\\:', ':');
  if (/[\s,]/.test(name))
    return { problem: `The property name ${JSON.stringify(name)} holds a space, a comma or a line break` };
  const type = TYPE_BY_NAME.get(typeName.toLowerCase());
  if (type === undefined)
    return { problem: `Unknown type ${JSON.stringify(typeName)} of the column ${name}` };
  const list = brackets !== undefined;
  const problem = cardinalityProblem(name, cardinality?.toLowerCase(), list, isEdge);
  return problem ?? { name, type, list, single: isEdge || cardinality?.toLowerCase() === 'single' };
}

function cardinalityProblem(
  name: string,
  cardinality: string | undefined,
  list: boolean,
  isEdge: boolean,
): { readonly problem: string } | undefined {
  if (cardinality !== undefined && cardinality !== 'single' && cardinality !== 'set') {
    return { problem: `Unknown cardinality (${cardinality}) of the column ${name}` };
  }
  if (isEdge && (cardinality === 'set' || list)) {
    return { problem: `The column ${name} of an edge file can hold one value only` };
  }
  if (list && cardinality === 'single') return { problem: `The column ${name} is both (single) and []` };
  return undefined;
}
