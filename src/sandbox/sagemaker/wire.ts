import type { ListArtifacts$ } from '@aws-sdk/client-sagemaker';
import { AwsJson1_1Protocol } from '@aws-sdk/core/protocols';
import { NormalizedSchema } from '@smithy/core/schema';
import { violations } from './limits.ts';
import { Refusal, validation } from './refusal.ts';

/*
 * The one place that knows how the SDK describes the service: schemas are what `@aws-sdk/client-sagemaker` exports under
 * names ending in `$`, the writer is its own JSON codec. Both are semi-internal: a new SDK version may mean work here.
 */

const NAMESPACE = 'com.amazonaws.sagemaker';
const codec = new AwsJson1_1Protocol({
  defaultNamespace: NAMESPACE,
  serviceTarget: 'SageMaker',
}).getPayloadCodec();
const writer = codec.createSerializer();

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

/** The reply's JSON: Dates as epoch seconds, undefined members left out. */
export function writeReply(operation: OperationSchema, reply: object): Buffer {
  writer.write(NormalizedSchema.of(operation[5]), reply);
  const written: string | Uint8Array = writer.flush();
  return typeof written === 'string' ? Buffer.from(written) : Buffer.copyBytesFrom(written);
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
