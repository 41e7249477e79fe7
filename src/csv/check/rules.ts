/** An error keeps a row or a file from being loaded as it was meant; a note tells what to know, and fails nothing. */
export type Level = 'error' | 'note';

export type Rule = {
  readonly level: Level;
  /** What the rule expects: a sentence, for findings and docs alike. */
  readonly expected: string;
  /** What becomes of data that breaks it. */
  readonly otherwise: string;
};

/**
 * What `check` looks for. Sources: Neptune user guide, "Gremlin load data format", "Load data formats", "Neptune limits",
 * "Gremlin standards compliance" (ids); Neptune Analytics user guide, "Using CSV data" (rules that begin with `analytics-`).
 */
export const RULES = {
  'empty-file': error('A header, even where there are no rows.', 'The loader refuses the file.'),
  'byte-order-mark': error(
    'UTF-8 without a byte order mark.',
    'The mark becomes part of the first column’s name, which so is not ~id.',
  ),
  'not-utf8': error('UTF-8 text.', 'The loader reads it as UTF-8 all the same: other text arrives.'),
  'null-character': error('Text without U+0000.', 'The loader refuses the row.'),
  'gzip-name': error(
    'A name that ends in .gz for a file that is compressed with gzip, and for no other.',
    'The loader reads the compressed bytes as text, or cannot decompress the text.',
  ),
  'gzip-broken': error('A whole, sound gzip file.', 'The loader reads a part of the file, or nothing.'),
  'bzip2-unread': error(
    'A file that is not compressed, or with gzip.',
    'The loader can read .bz2, but nothing in it has been checked.',
  ),
  'record-too-long': error('A row of at most 128 MiB.', 'The rest of the file has not been checked.'),
  'stray-quote': error(
    'Quotes around a whole field, and those inside it doubled.',
    'The loader stops at this row.',
  ),
  'text-after-quote': error('A comma or a line end after a closing quote.', 'The loader stops at this row.'),
  'open-quote': error('A closing quote before the end of the file.', 'The loader stops at this row.'),
  'lone-carriage-return': error(
    'LF or CRLF as line end; any line break in a field between quotes.',
    'Rows run together, or the break is lost.',
  ),
  'unquoted-space': error(
    'Quotes around a field that begins or ends with a Unicode space.',
    'Whether the loader keeps the space is not documented.',
  ),
  'too-many-fields': error('As many fields as the header has columns.', 'The loader refuses the row.'),
  'too-few-fields': error(
    'As many fields as the header has columns.',
    'Values may stand in the wrong columns; what is missing is taken as blank.',
  ),
  'missing-column': error(
    '~id in a vertex file; ~id, ~from and ~to in an edge file.',
    'The loader refuses the file.',
  ),
  'unknown-system-column': error(
    'No other column that begins with ~ than ~id, ~label, ~from and ~to.',
    'The loader refuses the file.',
  ),
  'repeated-column': error('Each column once.', 'The loader refuses the file.'),
  'column-syntax': error(
    'name, name:type, name:type(single), name:type(set), name:type[] or name:type(set)[]; a colon in a name as \\:.',
    'The loader refuses the file.',
  ),
  'property-name': error(
    'A property name without space, comma, line break or U+0000.',
    'The loader refuses the file.',
  ),
  'unknown-type': error(
    'Bool, Boolean, Byte, Short, Int, Long, Float, Double, String, Date or Datetime.',
    'The loader refuses the file.',
  ),
  'unknown-cardinality': error('(single), (set) or nothing.', 'The loader refuses the file.'),
  'single-list': error('[] without (single).', 'The loader refuses the file.'),
  'edge-cardinality': error(
    'Neither (set) nor [] in an edge file: an edge has one value of a property.',
    'The loader refuses the file.',
  ),
  'blank-required': error('A value in ~id, ~from and ~to.', 'The loader refuses the row.'),
  'empty-id': error(
    'An id that is not the empty text.',
    'The loader makes a vertex or an edge whose id is the empty text.',
  ),
  'empty-label': error('Labels that are not the empty text.', 'The loader refuses the row.'),
  'edge-label-list': error('One label for an edge.', 'The label holds the semicolon.'),
  'bool-value': error('true or false.', 'Any other value than true becomes false.'),
  'integer-value': error(
    'A whole number in the range of the column’s type: Byte 8, Short 16, Int 32, Long 64 bits, signed.',
    'The loader refuses the value.',
  ),
  'decimal-value': error(
    'A number, decimal or scientific, in the range of the column’s type; Infinity, -Infinity or NaN.',
    'The loader refuses the value.',
  ),
  'datetime-value': error(
    'yyyy-MM-dd, yyyy-MM-ddTHH:mm, yyyy-MM-ddTHH:mm:ss or yyyy-MM-ddTHH:mm:ssZ, of a day that exists.',
    'The loader refuses the value.',
  ),
  'datetime-fraction': error(
    'Whole seconds, in the forms of datetime-value.',
    'Not documented; some engines take it (--accept-milliseconds).',
  ),
  'value-too-long': error('At most 55 MB in an id, a label or a value.', 'The loader refuses the value.'),
  'duplicate-vertex-id': error(
    'Each vertex in one row.',
    'The rows become one vertex: labels and sets add up, single values replace each other or are refused.',
  ),
  'duplicate-edge-id': error('Each edge in one row.', 'The rows become one edge.'),
  'edge-id-reused': error(
    'Another id for an edge of other ends or another label.',
    'The loader refuses the row (ID_ASSIGNED_TO_MULTIPLE_EDGES).',
  ),
  'dangling-endpoint': error(
    'A vertex of this id in the files.',
    'The loader refuses the edge (FROM_OR_TO_VERTEX_ARE_MISSING), unless the graph has the vertex.',
  ),
  'endpoints-unchecked': note(
    'Vertex files that can be read to their ends.',
    'Whether ~from and ~to are vertices has not been checked.',
  ),
  'blank-label': note('A label.', 'The element gets the label `vertex` or `edge`.'),
  'label-delimiter': note(
    'Labels without ::, which separates the labels of a vertex in Gremlin.',
    'Gremlin shows one label as two.',
  ),
  'empty-string': note(
    'Nothing, where there is no value.',
    'The loader leaves "" out, unless allowEmptyStrings is set.',
  ),
  'analytics-gzip': note('A file that is not compressed.', 'Neptune Analytics cannot read gzip.'),
  'analytics-edge-id': note(
    'Edge files that are loaded once.',
    'Neptune Analytics ignores ~id of edges: loading again doubles them.',
  ),
  'analytics-date': note('Datetime for moments.', 'Neptune Analytics keeps the day only of a Date column.'),
  'analytics-multiline': note('Values without line breaks.', 'Not defined in Neptune Analytics.'),
  'analytics-scientific': note('Decimal notation.', 'Neptune Analytics refuses scientific notation.'),
  'analytics-space-before-quote': note(
    'No space before an opening quote.',
    'Neptune Analytics does not ignore it.',
  ),
  'analytics-string-length': note(
    'Text of at most 1,048,062 bytes.',
    'Neptune Analytics refuses longer text.',
  ),
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleName = keyof typeof RULES;

/** One place in one file that breaks a rule. */
export type Finding = {
  readonly rule: RuleName;
  readonly level: Level;
  readonly file: string;
  /** Physical line, from 1, on which the row begins; of broken quotes, the line of the quote. */
  readonly line: number;
  /** As the loader counts: rows from 1; 0 is the header or the file itself. */
  readonly record: number;
  /** Name of the column, without type. */
  readonly column?: string;
  /** The row's `~id`. */
  readonly id?: string;
  readonly expected: string;
  /** The beginning of what stands there, or where its other half is. */
  readonly found?: string;
};

/** A finding that does not know its file yet. */
export type Broken = {
  readonly rule: RuleName;
  readonly column?: string | undefined;
  readonly found?: string | undefined;
};

function error(expected: string, otherwise: string): Rule & { readonly level: 'error' } {
  return { level: 'error', expected, otherwise };
}

function note(expected: string, otherwise: string): Rule & { readonly level: 'note' } {
  return { level: 'note', expected, otherwise };
}
