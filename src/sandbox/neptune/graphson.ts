/*
 * The little of GraphSON 3 that the loader needs to send rows to the engine as typed bindings and to read elements back
 * (TinkerPop IO reference, GraphSON 3.0).
 */

/** A property value: text and booleans as they are, the rest with its type. Integers of 64 bits travel as text. */
export type GraphSonValue =
  | string
  | boolean
  | { readonly '@type': string; readonly '@value': string | number };

export const T_ID = { '@type': 'g:T', '@value': 'id' } as const;
export const T_LABEL = { '@type': 'g:T', '@value': 'label' } as const;
export const DIRECTION_OUT = { '@type': 'g:Direction', '@value': 'OUT' } as const;
export const DIRECTION_IN = { '@type': 'g:Direction', '@value': 'IN' } as const;

export function graphSonList(items: readonly unknown[]): unknown {
  return { '@type': 'g:List', '@value': items };
}

/** A map from its keys and values, in turn. */
export function graphSonMap(...keysAndValues: readonly unknown[]): unknown {
  return { '@type': 'g:Map', '@value': keysAndValues };
}

/** Equal for equal values of one type, whatever way their number was written. */
export function valueKey(value: GraphSonValue): string {
  if (typeof value !== 'object') return `${typeof value}:${value}`;
  const { '@type': type, '@value': content } = value;
  if (type === 'g:Float') return `${type}:${Math.fround(Number(content))}`;
  if (type === 'g:Double') return `${type}:${Number(content)}`;
  return `${type}:${content}`;
}

/** JSON of a typed reply, with the 64-bit integers that a double cannot hold kept as text. */
export function parseGraphSon(text: string): unknown {
  // A quote inside a JSON string is escaped, so this can match only at a value.
  return JSON.parse(text.replace(/("@type":"g:Int64","@value":)(-?\d{16,})/g, '$1"$2"'));
}

/** Lists as arrays and maps with text keys as Maps, at any depth; typed scalars stay GraphSON values. */
export function plainCollections(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('@type' in value) || !('@value' in value))
    return value;
  const { '@type': type, '@value': content } = value;
  if (!Array.isArray(content)) return value;
  if (type !== 'g:Map') return content.map(plainCollections);
  const entries = content.flatMap((key, index) =>
    index % 2 === 0 ? [[key, plainCollections(content[index + 1])] as const] : [],
  );
  return new Map(entries);
}
