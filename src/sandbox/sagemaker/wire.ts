import type { ListArtifacts$ } from '@aws-sdk/client-sagemaker';
import { NormalizedSchema } from '@smithy/core/schema';
import { violations } from './limits.ts';
import { Refusal, validation } from './refusal.ts';

/*
 * The one place that knows how the SDK describes the service: schemas are what `@aws-sdk/client-sagemaker` exports under
 * names ending in `$`. They are semi-internal: a new SDK version may mean work here.
 */

/** An operation as the SDK exports it: name, request and reply. */
export type OperationSchema = typeof ListArtifacts$;

/** A request that was read: every member that the API requires is there. */
export type Checked<Request> = Request extends Date | { readonly $unknown?: unknown }
  ? Request
  : Request extends readonly (infer Item)[]
    ? readonly Checked<Item>[]
    : Request extends object
      ? {
          readonly [Name in keyof Request]: object extends Pick<Request, Name>
            ? Checked<Request[Name]>
            : Checked<Exclude<Request[Name], undefined>>;
        }
      : Request;

/** The operation's name, such as `ListArtifacts`. */
export function operationName(operation: OperationSchema): string {
  return operation[2];
}

/**
 * The request's members as the SDK types them: times are Dates, unknown members and nulls are left out.
 * @throws Refusal where the body is no JSON of the right types, or a member breaks a limit of the API
 */
export function readRequest(operation: OperationSchema, body: string): unknown {
  const schema = NormalizedSchema.of(operation[4]);
  const request = structure(schema, parse(body), '');
  const problems = violations(schema, request);
  if (problems.length === 0) return request;
  const count = problems.length === 1 ? '1 validation error' : `${problems.length} validation errors`;
  throw validation(`${count} detected: ${problems.join('; ')}`);
}

/** The reply's JSON, as the SDK's own codec would write it: Dates as epoch seconds, undefined members left out. */
export function writeReply(operation: OperationSchema, reply: object): Buffer {
  return Buffer.from(JSON.stringify(plainWriter(NormalizedSchema.of(operation[5]))(reply)));
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body === '' ? '{}' : body);
  } catch {
    throw serialization('The request body is not JSON');
  }
}

type Reader = (schema: NormalizedSchema, value: unknown, path: string) => unknown;

function structure(schema: NormalizedSchema, value: unknown, path: string): Record<string, unknown> {
  const source = record(value, path);
  const result: Record<string, unknown> = {};
  for (const [name, member] of schema.structIterator()) {
    const given = source[name];
    if (given !== undefined && given !== null) result[name] = read(member, given, `${path}${name}.`);
  }
  return result;
}

/** Order matters: a union is a structure too, and an enum a string. */
const READERS: readonly (readonly [is: (schema: NormalizedSchema) => boolean, read: Reader])[] = [
  [(schema) => schema.isStructSchema(), structure],
  [(schema) => schema.isListSchema(), list],
  [(schema) => schema.isMapSchema(), map],
  [
    (schema) => schema.isTimestampSchema(),
    (_, value, path) => new Date(Math.round(number(value, path) * 1000)),
  ],
  [(schema) => schema.isNumericSchema(), (_, value, path) => number(value, path)],
  [(schema) => schema.isBooleanSchema(), (_, value, path) => primitive('boolean', value, path)],
  [(schema) => schema.isStringSchema(), (_, value, path) => primitive('string', value, path)],
];

function read(schema: NormalizedSchema, value: unknown, path: string): unknown {
  const reader = READERS.find(([is]) => is(schema))?.[1];
  if (reader === undefined) throw serialization(`Unsupported type at ${place(path)}`);
  return reader(schema, value, path);
}

function list(schema: NormalizedSchema, value: unknown, path: string): unknown[] {
  if (!Array.isArray(value)) throw unexpected('list', value, path);
  return value.map((item, index) => read(schema.getValueSchema(), item, `${path}${index}.`));
}

function map(schema: NormalizedSchema, value: unknown, path: string): Record<string, unknown> {
  const entries = Object.entries(record(value, path)).filter(([, item]) => item !== null);
  return Object.fromEntries(
    entries.map(([key, item]) => [key, read(schema.getValueSchema(), item, `${path}${key}.`)]),
  );
}

function record(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw unexpected('structure', value, path);
  }
  return value as Record<string, unknown>;
}

/** Clients write the doubles that JSON has no number for as text. */
const NON_FINITE: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

function number(value: unknown, path: string): number {
  const result = NON_FINITE.get(value) ?? value;
  if (typeof result !== 'number') throw unexpected('number', value, path);
  return result;
}

function primitive(type: 'boolean' | 'string', value: unknown, path: string): unknown {
  if (typeof value !== type) throw unexpected(type, value, path);
  return value;
}

function unexpected(expected: string, value: unknown, path: string): Refusal {
  return serialization(`Expected a ${expected} at ${place(path)}, got ${JSON.stringify(value)}`);
}

function place(path: string): string {
  return path === '' ? 'the top of the request' : path.slice(0, -1);
}

function serialization(message: string): Refusal {
  return new Refusal('SerializationException', message);
}

/** Gives what JSON writes for a value as it should stand there. */
type Plain = (value: unknown) => unknown;

/** By the schema's own array, which is one and the same for every use of a structure. */
const plainStructures = new Map<unknown, Plain>();

/**
 * The writer of a schema, worked out once: a page of a hundred records is written by the thousand, and walking its schema
 * anew costs the SDK's codec more time than the records do.
 */
function plainWriter(schema: NormalizedSchema): Plain {
  if (schema.isStructSchema()) return plainStructure(schema);
  if (schema.isListSchema()) {
    const item = plainWriter(schema.getValueSchema());
    return item === asItIs ? asItIs : (items) => (items as readonly unknown[]).map((value) => item(value));
  }
  if (schema.isMapSchema()) {
    const item = plainWriter(schema.getValueSchema());
    return item === asItIs ? asItIs : (map) => plainMap(map as Readonly<Record<string, unknown>>, item);
  }
  if (schema.isTimestampSchema()) return (time) => (time as Date).getTime() / 1000;
  if (schema.isNumericSchema()) return (value) => (Number.isFinite(value) ? value : String(value));
  return asItIs;
}

function asItIs(value: unknown): unknown {
  return value;
}

/** Without a prototype, so that no key means anything but itself. */
function plainMap(map: Readonly<Record<string, unknown>>, item: Plain): unknown {
  const plain: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(map)) plain[key] = item(map[key]);
  return plain;
}

function plainStructure(schema: NormalizedSchema): Plain {
  const known = plainStructures.get(schema.getSchema());
  if (known !== undefined) return known;
  const members: (readonly [name: string, write: Plain])[] = [];
  const write = (structure: unknown) => {
    const plain: Record<string, unknown> = {};
    for (const [name, writeMember] of members) {
      const value = (structure as Readonly<Record<string, unknown>>)[name];
      if (value !== undefined) plain[name] = writeMember(value);
    }
    return plain;
  };
  // Known before its members are, since a structure may hold itself.
  plainStructures.set(schema.getSchema(), write);
  for (const [name, member] of schema.structIterator()) members.push([name, plainWriter(member)]);
  return write;
}
