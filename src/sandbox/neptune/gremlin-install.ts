import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LineageError } from '../../errors.ts';

/** The newest TinkerPop 3.7, the line that Neptune's engines speak since 1.3.2.0. */
export const TINKERPOP_VERSION = '3.7.5';

type Tool = 'java' | 'javac' | 'mvn';

/** What the engine is made from. An image may leave it out, and serve no graph. */
const SOURCE_FOLDER = 'gremlin-server/';

/** Whether the Gremlin engine can start. */
export type GremlinServerState =
  | { readonly ready: true; readonly directory: string }
  | {
      readonly ready: false;
      /** Programs that are not on PATH, or our own sources; empty where only the jars have not been fetched yet. */
      readonly missing: readonly (Tool | typeof SOURCE_FOLDER)[];
      /** A sentence for the user: what to install or to run. */
      readonly advice: string;
    };

type FindOptions = {
  /** Where the jars are kept. @default `$SMLINEAGE_CACHE`, else `$XDG_CACHE_HOME`, else `~/.cache`. */
  readonly cacheDirectory?: string;
  /** @default process.env */
  readonly environment?: Readonly<Record<string, string | undefined>>;
};

type InstallOptions = FindOptions & {
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal;
};

/** Says whether the engine is ready; downloads and writes nothing. */
export async function findGremlinServer(options: FindOptions = {}): Promise<GremlinServerState> {
  const { environment = process.env } = options;
  const directory = await installDirectory(options);
  if (directory === undefined) return { ready: false, missing: [SOURCE_FOLDER], advice: WITHOUT_SOURCES };
  const installed = await isReadable(directory);
  const needed: readonly Tool[] = installed ? ['java'] : ['java', 'javac', 'mvn'];
  const missing = await missingPrograms(needed, environment.PATH ?? '');
  if (installed && missing.length === 0) return { ready: true, directory };
  return { ready: false, missing, advice: advice(missing) };
}

/**
 * Fetches the jars of Gremlin Server with Maven and compiles our launcher beside them, unless that was done before. The
 * directory appears whole or not at all, so two installations may run at once.
 * @throws LineageError (usage) where Java or Maven is missing; (unexpected) where Maven or javac fails.
 */
export async function installGremlinServer(options: InstallOptions): Promise<{ readonly directory: string }> {
  const found = await findGremlinServer(options);
  if (found.ready) return { directory: found.directory };
  const directory = await installDirectory(options);
  if (directory === undefined) throw new LineageError('usage', WITHOUT_SOURCES);
  const tools = found.missing.filter((one) => one !== SOURCE_FOLDER);
  if (tools.length > 0) throw new LineageError('usage', missingSentence(tools), { hint: found.advice });

  const { log, signal, environment = process.env } = options;
  await mkdir(dirname(directory), { recursive: true });
  const aside = await mkdtemp(`${directory}.part-`);
  const run = runner(aside, environment, signal);
  try {
    for (const file of SOURCES) await copyFile(join(SOURCE_DIRECTORY, file), join(aside, file));
    log(`Fetching Gremlin Server ${TINKERPOP_VERSION} with Maven (17 MB) …`);
    await run('mvn', [
      '-B',
      '-q',
      '-f',
      'pom.xml',
      COPY_JARS,
      '-DincludeScope=runtime',
      '-DoutputDirectory=lib',
    ]);
    log('Compiling its launcher …');
    const sources = SOURCES.filter((file) => file.endsWith('.java'));
    await run('javac', ['--release', '11', '-cp', 'lib/*', '-d', 'classes', ...sources]);
    await publish(aside, directory);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  log(`Gremlin Server ${TINKERPOP_VERSION} is ready in ${directory}.`);
  return { directory };
}

const SOURCE_DIRECTORY = fileURLToPath(new URL(`../../../${SOURCE_FOLDER}`, import.meta.url));
const SOURCES = [
  'pom.xml',
  'GremlinEngine.java',
  'StringIdManager.java',
  'graph.properties',
  'gremlin-server.yaml',
] as const;
const COPY_JARS = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';

const WITHOUT_SOURCES = `This installation lacks the folder ${SOURCE_FOLDER}, which the Gremlin engine is made from. Install the package anew, or go without the engine: sandbox --no-gremlin.`;

/**
 * The name changes with our sources, so a newer package never runs an older launcher. Undefined where the sources are left
 * out.
 */
async function installDirectory({
  cacheDirectory,
  environment = process.env,
}: FindOptions): Promise<string | undefined> {
  if (!(await isReadable(SOURCE_DIRECTORY))) return undefined;
  const hash = createHash('sha256');
  for (const file of SOURCES) hash.update(file).update(await readFile(join(SOURCE_DIRECTORY, file)));
  const cache =
    cacheDirectory ?? environment.SMLINEAGE_CACHE ?? environment.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return join(cache, 'smlineage', `gremlin-server-${TINKERPOP_VERSION}-${hash.digest('hex').slice(0, 12)}`);
}

async function missingPrograms(programs: readonly Tool[], path: string): Promise<readonly Tool[]> {
  const places = path.split(delimiter).filter((directory) => directory !== '');
  const suffixes = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
  const isThere = async (program: Tool) => {
    const candidates = places.flatMap((place) => suffixes.map((suffix) => join(place, program + suffix)));
    const found = await Promise.all(candidates.map((file) => isReadable(file, constants.X_OK)));
    return found.includes(true);
  };
  const present = await Promise.all(programs.map(isThere));
  return programs.filter((_, index) => !present[index]);
}

async function isReadable(path: string, mode: number = constants.R_OK): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

function missingSentence(missing: readonly Tool[]): string {
  return `The Gremlin engine needs ${missing.join(', ')}, which ${missing.length === 1 ? 'is' : 'are'} not on PATH.`;
}

function advice(missing: readonly Tool[]): string {
  if (missing.length === 0)
    return 'Run `npm run demo` once: it fetches the jars of the Gremlin engine with Maven.';
  return `${missingSentence(missing)} Install a JDK (17 or newer) and Maven, on Debian: apt-get install default-jdk-headless maven`;
}

/** Runs a program in the directory. @throws LineageError (unexpected) with the end of what the program printed. */
function runner(cwd: string, environment: FindOptions['environment'], signal: AbortSignal | undefined) {
  const execute = promisify(execFile);
  return async (program: Tool, args: readonly string[]): Promise<void> => {
    try {
      await execute(program, args, { cwd, env: { ...environment }, ...(signal && { signal }) });
    } catch (cause) {
      signal?.throwIfAborted();
      const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
      const printed = `${stdout}${stderr}`.trim().slice(-2000);
      throw new LineageError(
        'unexpected',
        `${program} failed while preparing the Gremlin engine: ${printed}`,
        {
          cause,
          hint: 'Check that Maven reaches its repository (proxy and mirror settings in ~/.m2/settings.xml), then run again.',
        },
      );
    }
  };
}

async function publish(aside: string, directory: string): Promise<void> {
  try {
    await rename(aside, directory);
  } catch (cause) {
    // Another installation was quicker; what it made is the same.
    if (!(await isReadable(directory))) throw cause;
  }
}
