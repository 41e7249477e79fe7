import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LineageError } from '../../../src/errors.ts';
import {
  engineFailure,
  type GremlinEngine,
  startGremlinEngine,
} from '../../../src/sandbox/neptune/gremlin-engine.ts';
import { startedEngine } from './started-engine.ts';

let engine: GremlinEngine;
beforeAll(async () => {
  engine = await startedEngine();
});
afterAll(() => engine?.close());

const UNTYPED = 'application/vnd.gremlin-v3.0+json;types=false';

async function ask(query: string): Promise<unknown> {
  const reply = await engine.send(query, { accept: UNTYPED });
  return reply.status === 200 ? JSON.parse(reply.body).result.data : engineFailure(reply);
}

test('answers with references: vertices and edges without their properties, as Neptune does', async () => {
  await ask(
    "g.addV('a').property(id, '1').property('x', 1).as('v').addV('b').property(id, '2').addE('to').property(id, 'e').from('v')",
  );

  expect(await ask('g.V().order().by(id)')).toEqual([
    { id: '1', label: 'a' },
    { id: '2', label: 'b' },
  ]);
  expect(await ask("g.V('1').toList()")).toEqual([{ id: '1', label: 'a' }]);
  expect(await ask('g.E()')).toEqual([
    { id: 'e', label: 'to', inVLabel: 'b', outVLabel: 'a', inV: '2', outV: '1' },
  ]);
  expect(await ask("g.V('1').valueMap()")).toEqual([{ x: [1] }]);
});

test.each([
  ['a query that is no Gremlin', 'g.V().foo()', /GremlinParserException$/, /Query parsing failed/],
  [
    'an id that is taken',
    "g.addV('a').property(id, 'z').addV('a').property(id, 'z')",
    /IllegalArgumentException$/,
    /already exists: z/,
  ],
  [
    'next() on nothing, which the server alone would never answer',
    "g.V('nope').next()",
    /ScriptException$/,
    /NoSuchElementException/,
  ],
  [
    'a query that takes too long',
    "g.with('evaluationTimeout', 100).inject(1).repeat(identity()).until(is(2))",
    // The server, or the step that it interrupts, whichever tells it first.
    /TimeoutException$|IllegalStateException$/,
    /evaluationTimeout|TraversalInterruptedException/,
  ],
  ['statements in Groovy', '1 + 1', /GremlinParserException$/, /parsing failed/],
])('says why it refuses %s', async (_, query, exceptionClass, message) => {
  expect(await ask(query)).toEqual({
    message: expect.stringMatching(message),
    exceptionClass: expect.stringMatching(exceptionClass),
  });
});

test('a refused query leaves nothing behind', async () => {
  await ask("g.addV('half').property(id, 'half').iterate()\ng.addV('half').property(id, 'half').iterate()");

  expect(await ask("g.V('half')")).toEqual([]);
});

test('ends with the process that started it, even where that is killed without warning', async () => {
  const directory = await compiledEngine();
  const program = `
    import { startGremlinEngine } from './dist/sandbox/neptune/gremlin-engine.js';
    const engine = await startGremlinEngine({ log: () => undefined, heapMegabytes: 256 });
    console.log(engine.url);
    setInterval(() => undefined, 1000);
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk] = await once(parent.stdout, 'data');
  const url = String(chunk).trim();
  expect((await fetch(`${url}/?gremlin=g.V().count()`)).status).toBe(200);

  parent.kill('SIGKILL');

  await expect
    .poll(
      () =>
        fetch(url).then(
          () => 'answers',
          () => 'gone',
        ),
      { timeout: 20_000 },
    )
    .toBe('gone');
  await rm(directory, { recursive: true });
});

/** The engine's module as plain JavaScript, for a process of its own: Node 20 runs no TypeScript. */
async function compiledEngine(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'engine-'));
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  await cp('gremlin-server', join(directory, 'gremlin-server'), { recursive: true });
  const config = {
    extends: join(process.cwd(), 'tsconfig.build.json'),
    files: [join(process.cwd(), 'src/sandbox/neptune/gremlin-engine.ts')],
    include: [],
    compilerOptions: {
      rootDir: join(process.cwd(), 'src'),
      outDir: 'dist',
      typeRoots: [join(process.cwd(), 'node_modules/@types')],
    },
  };
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(config));
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', directory], { stdio: 'inherit' });
  return directory;
}

test('an engine that dies says so to whoever asks it next, and to whoever is waiting', async () => {
  const doomed = await startGremlinEngine({ log: () => undefined, heapMegabytes: 256 });
  const waiting = doomed.send('g.inject(1).repeat(identity()).until(is(2))').catch((e: unknown) => e);
  await doomed.send('g.V().count()');

  process.kill(doomed.pid, 'SIGKILL');

  const expected = {
    outcome: 'unexpected',
    message: 'The Gremlin engine does not answer: killed by SIGKILL.',
  };
  expect(await waiting).toBeInstanceOf(LineageError);
  expect(await waiting).toMatchObject(expected);
  expect(await doomed.run('g.V(rows)', 'x').catch((e: unknown) => e)).toMatchObject(expected);
});

test('a vertex of several labels is found under each of them, and under no two at once, as on Neptune', async () => {
  await ask("g.addV('p::q').property(id, 'pq').iterate()");
  await ask("g.addV('q').property(id, 'q').iterate()");

  const found = (query: string) => ask(`g.V('pq', 'q').${query}.id().order()`);
  expect(await found("hasLabel('p')")).toEqual(['pq']);
  expect(await found("hasLabel('q')")).toEqual(['pq', 'q']);
  expect(await found("hasLabel('p', 'r')")).toEqual(['pq']);
  expect(await found("hasLabel('p::q')")).toEqual([]);
  expect(await found("has(label, neq('p'))")).toEqual(['q']);
  expect(await found("not(hasLabel('p'))")).toEqual(['q']);
  expect(await found("has('q', 'x', 1)")).toEqual([]);
  expect(await ask("g.V('pq').label()")).toEqual(['p::q']);
});

test('an engine that runs out of memory ends and says so', async () => {
  const small = await startGremlinEngine({ log: () => undefined, heapMegabytes: 64 });

  const failure: unknown = await small
    .send("g.inject('0123456789').repeat(union(identity(), identity())).times(26).fold().count(local)")
    .catch((e: unknown) => e);

  await small.close();
  expect(failure).toMatchObject({ message: 'The Gremlin engine does not answer: it ran out of memory.' });
});

test('a signal ends the engine, and keeps a new one from starting', async () => {
  const abort = new AbortController();
  const other = await startGremlinEngine({ log: () => undefined, signal: abort.signal, heapMegabytes: 256 });

  abort.abort(new Error('enough'));

  await expect
    .poll(
      () =>
        fetch(other.url).then(
          () => 'answers',
          () => 'gone',
        ),
      { timeout: 20_000 },
    )
    .toBe('gone');
  await expect(startGremlinEngine({ log: () => undefined, signal: abort.signal })).rejects.toThrow('enough');
});
