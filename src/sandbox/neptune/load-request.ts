import { NeptuneError } from './neptune-error.ts';

/** What StartLoaderJob asks for, with its defaults (Neptune user guide, "Neptune loader command"). */
export type LoadRequest = {
  readonly source: string;
  readonly bucket: string;
  /** A string prefix: `a` takes `a/b` and `ab`. */
  readonly prefix: string;
  readonly mode: 'NEW' | 'RESUME' | 'AUTO';
  readonly failOnError: boolean;
  readonly updateSingleCardinalityProperties: boolean;
  readonly allowEmptyStrings: boolean;
  readonly edgeOnlyLoad: boolean;
  readonly queueRequest: boolean;
  readonly dependencies: readonly string[];
  readonly region: string;
  /** One, or several that are assumed one after the other. */
  readonly roles: readonly string[];
};

/** The request from its JSON body. @throws NeptuneError as Neptune refuses it. */
export function parseLoadRequest(body: Buffer): LoadRequest {
  const members = jsonObject(body.toString());
  const source = requiredText(members, 'source');
  const format = requiredText(members, 'format');
  const region = requiredText(members, 'region');
  const roles = rolesOf(requiredText(members, 'iamRoleArn'));
  checkFormat(format);
  choice(members, 'parallelism', PARALLELISMS, 'HIGH');
  const parser = members.parserConfiguration ?? {};
  if (!isObject(parser))
    throw new NeptuneError('InvalidParameterException', 'parserConfiguration is not an object');
  return {
    source,
    ...parseSource(source),
    region,
    roles,
    mode: choice(members, 'mode', MODES, 'AUTO'),
    failOnError: flag(members, 'failOnError', true),
    updateSingleCardinalityProperties: flag(members, 'updateSingleCardinalityProperties', false),
    allowEmptyStrings: flag(parser, 'allowEmptyStrings', false),
    edgeOnlyLoad: flag(members, 'edgeOnlyLoad', false),
    queueRequest: flag(members, 'queueRequest', false),
    dependencies: texts(members, 'dependencies'),
  };
}

const MODES = ['NEW', 'RESUME', 'AUTO'] as const;
const PARALLELISMS = ['LOW', 'MEDIUM', 'HIGH', 'OVERSUBSCRIBE'] as const;
const OTHER_FORMATS = ['opencypher', 'ntriples', 'nquads', 'rdfxml', 'turtle'];

type Members = Readonly<Record<string, unknown>>;

export function jsonObject(text: string): Members {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new NeptuneError('BadRequestException', 'The request body is not JSON');
  }
  if (!isObject(value))
    throw new NeptuneError('BadRequestException', 'The request body is not a JSON object');
  return value;
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function requiredText(members: Members, name: string): string {
  const value = members[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new NeptuneError('MissingParameterException', `The required parameter ${name} is missing`);
}

/** One role, or a chain of them for a bucket of another account. */
function rolesOf(text: string): readonly string[] {
  const roles = text.split(',').map((role) => role.trim());
  const wrong = roles.find((role) => !/^arn:aws[\w-]*:iam::\d{12}:role\/\S+$/.test(role));
  if (wrong === undefined) return roles;
  throw new NeptuneError('InvalidParameterException', `iamRoleArn: ${wrong} is not the ARN of a role`);
}

function checkFormat(format: string): void {
  if (format === 'csv') return;
  if (OTHER_FORMATS.includes(format)) {
    throw new NeptuneError(
      'UnsupportedOperationException',
      `The sandbox loads format csv only, not ${format}`,
    );
  }
  throw new NeptuneError(
    'InvalidParameterException',
    `format: ${format} is none of csv, ${OTHER_FORMATS.join(', ')}`,
  );
}

function choice<const Choice extends string>(
  members: Members,
  name: string,
  choices: readonly Choice[],
  otherwise: Choice,
): Choice {
  const value = members[name] ?? otherwise;
  const found = choices.find((item) => item === value);
  if (found !== undefined) return found;
  throw new NeptuneError('InvalidParameterException', `${name}: ${value} is none of ${choices.join(', ')}`);
}

/** The documentation writes "TRUE" and "FALSE", AWS's own clients send booleans; both are taken. */
function flag(members: Members, name: string, otherwise: boolean): boolean {
  const value = String(members[name] ?? otherwise).toLowerCase();
  if (value === 'true' || value === 'false') return value === 'true';
  throw new NeptuneError('InvalidParameterException', `${name}: ${members[name]} is neither TRUE nor FALSE`);
}

function texts(members: Members, name: string): readonly string[] {
  const value = members[name] ?? [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new NeptuneError('InvalidParameterException', `${name} is not a list of load ids`);
}

/** `s3://b/k`, `https://s3.amazonaws.com/b/k`, `https://s3.<region>.amazonaws.com/b/k`. */
function parseSource(source: string): { readonly bucket: string; readonly prefix: string } {
  const match =
    /^(?:s3:\/\/|https:\/\/s3(?:\.[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?\/)([^/]+)(?:\/(.*))?$/s.exec(source);
  const [, bucket, prefix = ''] = match ?? [];
  if (bucket !== undefined) return { bucket, prefix };
  throw new NeptuneError(
    'InvalidParameterException',
    `source: ${source} is not the URI of an S3 object or prefix`,
  );
}
