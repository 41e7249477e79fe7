import type { GremlinEntry, GremlinValue } from '../graph/gremlin-value.ts';
import { exactNumber } from './exact-numbers.ts';

/**
 * A value of GraphSON 3 as it is meant. Of a reply without types, which an engine may give though asked for types, numbers
 * stay numbers and objects become maps.
 */
export function gremlinValue(value: unknown): GremlinValue {
  if (Array.isArray(value)) return value.map(gremlinValue);
  if (!isObject(value)) return scalar(value);
  const exact = exactNumber(value);
  if (exact !== undefined) return exact;
  const { '@type': type, '@value': content } = value;
  return typeof type === 'string' ? typedValue(type, content) : untypedObject(value);
}

function scalar(value: unknown): GremlinValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return null;
}

function typedValue(type: string, content: unknown): GremlinValue {
  switch (type) {
    case 'g:Set':
      return { is: 'set', members: listOf(content).map(gremlinValue) };
    case 'g:Map':
      return { is: 'map', entries: pairs(listOf(content)) };
    case 'g:BulkSet':
      return pairs(listOf(content)).flatMap(([member, count]) =>
        Array.from({ length: Number(count) }, () => member),
      );
    case 'g:Date':
    case 'g:Timestamp':
      return typeof content === 'number' || isObject(content) ? timeOf(content) : gremlinValue(content);
    case 'g:Vertex':
      return vertex(partsOf(content));
    case 'g:Edge':
      return edge(partsOf(content));
    case 'g:Path':
      return path(partsOf(content));
    case 'g:VertexProperty':
    case 'g:Property':
      return property(partsOf(content));
    case 'g:Tree':
      return tree(content);
    default:
      return gremlinValue(content);
  }
}

function timeOf(content: unknown): GremlinValue {
  const plain = gremlinValue(content);
  const time = new Date(Number(plain));
  return Number.isNaN(time.getTime()) ? plain : time;
}

type Parts = Readonly<Record<string, unknown>>;

function vertex({ id, label, properties }: Parts): GremlinValue {
  return { is: 'vertex', id: gremlinValue(id), label: String(label), properties: propertiesOf(properties) };
}

function edge({ id, label, outV, inV, properties }: Parts): GremlinValue {
  const [from, to] = [gremlinValue(outV), gremlinValue(inV)];
  return {
    is: 'edge',
    id: gremlinValue(id),
    label: String(label),
    from,
    to,
    properties: propertiesOf(properties),
  };
}

/** Of a vertex lists of `{value}`, of an edge one `{value}`. A single value is told without its list. */
function propertiesOf(properties: unknown): readonly GremlinEntry[] {
  return Object.entries(partsOf(properties)).map(([name, held]) => {
    const values = (Array.isArray(held) ? held : [held]).map((one) => gremlinValue(partsOf(bare(one)).value));
    return [name, values.length === 1 ? (values[0] ?? null) : values];
  });
}

function path({ objects, labels }: Parts): GremlinValue {
  const stepLabels = listOf(bare(labels)).map((of) => listOf(bare(of)).map(String));
  return { is: 'path', objects: listOf(bare(objects)).map(gremlinValue), labels: stepLabels };
}

/** Named by `label` at a vertex, by `key` at an edge or another property. */
function property({ key, label, value }: Parts): GremlinValue {
  return {
    is: 'map',
    entries: [
      ['key', gremlinValue(key ?? label)],
      ['value', gremlinValue(value)],
    ],
  };
}

function tree(content: unknown): GremlinValue {
  const branches = listOf(content).map((branch) => {
    const { key, value } = partsOf(branch);
    return [gremlinValue(key), gremlinValue(value)] as const;
  });
  return { is: 'map', entries: branches };
}

/** Alternating keys and values. */
function pairs(content: readonly unknown[]): readonly GremlinEntry[] {
  return content.flatMap((key, at) =>
    at % 2 === 0 ? [[gremlinValue(key), gremlinValue(content[at + 1])] as const] : [],
  );
}

function untypedObject(value: Parts): GremlinValue {
  if (Array.isArray(value.objects) && Array.isArray(value.labels)) return path(value);
  const entries = Object.entries(value).map(([key, member]) => [key, gremlinValue(member)] as const);
  return { is: 'map', entries };
}

/** What stands in a typed value. */
function bare(value: unknown): unknown {
  return isObject(value) && typeof value['@type'] === 'string' ? value['@value'] : value;
}

function partsOf(value: unknown): Parts {
  return isObject(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isObject(value: unknown): value is Parts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
