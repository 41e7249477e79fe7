import { LineageError } from '../errors.ts';
import { nearestWord } from '../graph/nearest-word.ts';
import { CONFIG_KEYS, type Config, configSchema } from './config-schema.ts';
import { contradictions } from './contradictions.ts';
import { memberPath, type Place, readJson } from './json-text.ts';
import type { Mistake } from './mistake.ts';

/**
 * What a configuration file says.
 *
 * @param isFlag whether a flag is called so, for members that the file may not have and a command line may. @default none is
 * @throws LineageError (usage) that names file, line, column, key path, what was expected and what was found, of each mistake
 */
export function readConfig(
  { file, text }: { readonly file: string; readonly text: string },
  isFlag: (name: string) => boolean = () => false,
): Config {
  const json = readJson(text);
  if ('fault' in json) {
    const { place, expected, found } = json.fault;
    throw mistaken(
      file,
      [{ path: '', expected, found, hint: 'The file has to be JSON (RFC 8259).' }],
      () => place,
    );
  }
  const { value, repeated, placeOf } = json;
  const mistakes = [...repeated.map(repetition), ...shapeMistakes(value, isFlag)];
  const parsed = configSchema.safeParse(value);
  if (parsed.success) mistakes.push(...contradictions(parsed.data));
  if (mistakes.length > 0) throw mistaken(file, mistakes, (path) => nearestPlace(path, placeOf));
  return parsed.data as Config;
}

function repetition(path: string): Mistake {
  return { path, expected: 'each key once', found: 'it a second time' };
}

function shapeMistakes(value: unknown, isFlag: (name: string) => boolean): readonly Mistake[] {
  const { error } = configSchema.safeParse(value, { reportInput: false });
  return (error?.issues ?? []).flatMap((issue) => {
    const path = pathOf(issue.path);
    if (issue.code !== 'unrecognized_keys') {
      return [{ path, expected: issue.message, found: foundAt(value, issue.path) }];
    }
    return issue.keys.map((key) => unknownMember(path, key, isFlag));
  });
}

function unknownMember(inside: string, key: string, isFlag: (name: string) => boolean): Mistake {
  const path = memberPath(inside, key);
  const unknown = { path, found: 'a key that is not known' };
  if (/secret|password|access_?key|session_?token/i.test(key)) {
    return {
      ...unknown,
      expected: 'no credentials',
      hint: 'The AWS SDK finds them by itself: in the environment, a profile, or the role of the machine.',
    };
  }
  const name = key.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const isTop = inside === '';
  if (isTop && isFlag(name) && !(CONFIG_KEYS as readonly string[]).includes(name)) {
    const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return {
      path,
      found: 'it in the file',
      expected: `${flag} on the command line only`,
      hint: `Pass ${flag} where you mean it.`,
    };
  }
  const known = isTop ? CONFIG_KEYS : inside.endsWith('.role') ? ROLE_MEMBERS : SCOPE_MEMBERS;
  const meant = nearestWord(key, known);
  return {
    ...unknown,
    expected: isTop ? 'a member of the configuration' : `one of ${known.join(', ')}`,
    ...(meant === undefined ? {} : { hint: `Did you mean ${memberPath(inside, meant)}?` }),
  };
}

const SCOPE_MEMBERS = ['account', 'role', 'regions'];
const ROLE_MEMBERS = ['arn', 'externalId', 'sessionName'];

function pathOf(keys: readonly PropertyKey[]): string {
  return keys.reduce<string>(
    (path, key) => (typeof key === 'number' ? `${path}[${key}]` : memberPath(path, String(key))),
    '',
  );
}

/** What stands there, shortly; nothing of what may be a secret. */
function foundAt(whole: unknown, keys: readonly PropertyKey[]): string {
  const value = keys.reduce<unknown>(
    (inside, key) => (inside as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key],
    whole,
  );
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') {
    if (keys.at(-1) === 'externalId') return `a text of ${value.length} characters, which is not shown`;
    return shortly(JSON.stringify(value.replace(/\/\/[^/@]*@/, '//…@')));
  }
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : JSON.stringify(value);
}

function shortly(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}

/** Of the member, or of the next one around it that is there. */
function nearestPlace(path: string, placeOf: (path: string) => Place | undefined): Place | undefined {
  const place = placeOf(path);
  if (place !== undefined || path === '') return place;
  return nearestPlace(path.slice(0, Math.max(0, path.lastIndexOf('.'), path.lastIndexOf('['))), placeOf);
}

function mistaken(
  file: string,
  mistakes: readonly Mistake[],
  placeOf: (path: string) => Place | undefined,
): LineageError {
  const placed = mistakes
    .map((mistake) => ({ ...mistake, ...(placeOf(mistake.path) ?? START) }))
    .toSorted((a, b) => a.line - b.line || a.column - b.column);
  const [only, ...others] = placed;
  const details = { file, mistakes: placed };
  if (only !== undefined && others.length === 0) {
    const { hint = MEMBERS_HINT } = only;
    return new LineageError('usage', mistakeText(file, only), { hint, details });
  }
  const lines = placed.map((mistake) => [mistakeText(file, mistake), mistake.hint].filter(Boolean).join(' '));
  return new LineageError('usage', [`${file} has ${placed.length} mistakes.`, ...lines].join('\n  '), {
    hint: MEMBERS_HINT,
    details,
  });
}

const START: Place = { line: 1, column: 1 };
const MEMBERS_HINT = 'docs/config.md has the members of the file.';

function mistakeText(file: string, { path, expected, found, line, column }: Mistake & Place): string {
  const where = [`${file}:${line}:${column}`, ...(path === '' ? [] : [path])];
  return [...where, `expected ${expected}, found ${found}.`].join(': ');
}
