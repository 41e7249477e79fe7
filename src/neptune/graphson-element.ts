import { LineageError } from '../errors.ts';
import type { ElementKind } from '../graph/stored.ts';
import type { TypedElement, TypedValue } from '../graph/typed-element.ts';

/** One result of `elementsQuery` in typed GraphSON 3. @throws LineageError (unexpected) for anything else */
export function graphSonElement(element: ElementKind, reply: unknown): TypedElement {
  const members = mapOf(reply);
  const [id, label, from, to] = ['id', 'label', 'from', 'to'].map((name) => members.get(name));
  if (typeof id !== 'string' || typeof label !== 'string') throw unreadable('an element without id or label');
  const properties = [...mapOf(members.get('properties'))].map(([name, held]) => {
    const values = isTyped(held) && held['@type'] === 'g:List' ? listOf(held) : [held];
    return [name, values.map(typedValue)] as const;
  });
  const ends = typeof from === 'string' && typeof to === 'string' ? { ends: { from, to } } : {};
  return { element, id, label, ...ends, properties: Object.fromEntries(properties) };
}

const NUMBERS = {
  'gx:Byte': 'Byte',
  'gx:Int16': 'Short',
  'g:Int32': 'Int',
  'g:Int64': 'Long',
  'g:Float': 'Float',
  'g:Double': 'Double',
} as const satisfies Record<string, TypedValue['type']>;

function typedValue(value: unknown): TypedValue {
  if (typeof value === 'string') return { type: 'String', value };
  if (typeof value === 'boolean') return { type: 'Bool', value: String(value) };
  if (!isTyped(value)) throw unreadable(JSON.stringify(value));
  const { '@type': type, '@value': content } = value;
  if (type === 'g:Date' || type === 'g:Timestamp')
    return { type: 'Datetime', value: new Date(Number(content)).toISOString() };
  const number = Object.hasOwn(NUMBERS, type) ? NUMBERS[type as keyof typeof NUMBERS] : undefined;
  if (number === undefined) throw unreadable(`a value of type ${type}`);
  return { type: number, value: String(content) };
}

type Typed = { readonly '@type': string; readonly '@value': unknown };

function isTyped(value: unknown): value is Typed {
  return (
    typeof value === 'object' && value !== null && typeof (value as Partial<Typed>)['@type'] === 'string'
  );
}

/** Alternating keys and values. */
function mapOf(value: unknown): ReadonlyMap<string, unknown> {
  if (!isTyped(value) || value['@type'] !== 'g:Map') throw unreadable(JSON.stringify(value));
  const content = value['@value'] as readonly unknown[];
  return new Map(
    content.flatMap((key, at) => (at % 2 === 0 ? [[String(key), content[at + 1]] as const] : [])),
  );
}

function listOf({ '@value': content }: Typed): readonly unknown[] {
  return content as readonly unknown[];
}

function unreadable(found: string): LineageError {
  return new LineageError(
    'unexpected',
    `A query for elements by id was answered with ${found.slice(0, 200)}.`,
    {
      hint: 'Nothing was removed: what cannot be read cannot be put back. Check that the endpoint is that of a Neptune cluster.',
    },
  );
}
