import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { queryAsWritten, withTimeout } from '../../src/graph/gremlin.ts';
import { hasOwnTimeout, isRead } from '../../src/graph/query-text.ts';
import type { GremlinEngine } from '../../src/sandbox/neptune/gremlin-engine.ts';
import { startedEngine } from '../sandbox/neptune/started-engine.ts';

test.each([
  ['g.V().count()', true],
  ["g.V('a').out().valueMap()", true],
  ["g.V().has('name','drop()').properties('x')", true],
  ["g.V().has('name','it\\'s drop()')", true],
  ['g.V().has("k","addV(").count() // drop()', true],
  ["g.V().has('a\\\\').count()", true],
  ['g.V().repeat(__.in()).times(3).emit().path().by(id).profile()', true],
  ["g.withSideEffect('Neptune#repeatMode','DFS').V().has('n',gt(5)).order().by('n',desc).limit(3)", true],
  ["g.V().hasLabel('x').drop()", false],
  ["g.addV('x')", false],
  ["g.V('a').addE ('x').to(V('b'))", false],
  ["g.V('a').property(single,'k','v')", false],
  ["g.mergeV([(T.id):'x'])", false],
  ["g.mergeE([(T.id):'x'])", false],
  ["g.io('x').read()", false],
  ["g.V().has('a\\\\').drop()", false],
  ['g.V().sideEffect(drop())', false],
  ["g.call('any.service')", false],
  ['g.tx().commit()', false],
  ['g.V().stepOfTomorrow()', false],
  // A comment ends at CR as well as at LF, and what follows it is a step.
  ['g.V()// all\r.drop()', false],
  ['g.V()// all\n.drop()', false],
  ['g.V().drop// all\n()', false],
  ["g.V().has('//').drop()", false],
  ["g.V() // it's\n.drop() // it's", false],
])('%j is a read: %s', (query, expected) => {
  expect(isRead(queryAsWritten(query))).toBe(expected);
});

test('a string of megabytes is passed over', () => {
  const long = "it\\'s ".repeat(1_000_000);

  expect(isRead(queryAsWritten(`g.V().has('k','${long}').count()`))).toBe(true);
  expect(isRead(queryAsWritten(`g.V().has('k','${long}').drop()`))).toBe(false);
});

test.each([
  ['g.V()', "g.with('evaluationTimeout',250).V()"],
  ['  g .V()', "  g.with('evaluationTimeout',250).V()"],
  ['g\n.V()', "g.with('evaluationTimeout',250).V()"],
  ['// all\ng.V()', "// all\ng.with('evaluationTimeout',250).V()"],
  ['//\r\n  // g.E()\r  g.V()', "//\r\n  // g.E()\r  g.with('evaluationTimeout',250).V()"],
  ['g.V().iterate(); g.E()', "g.with('evaluationTimeout',250).V().iterate(); g.E()"],
  ['g.tx().commit()', 'g.tx().commit()'],
  ['graph.V()', 'graph.V()'],
  ['// g.V()', '// g.V()'],
  ["g.with('evaluationTimeout',5L).V()", "g.with('evaluationTimeout',5L).V()"],
  ['g.with( "evaluationTimeout", 5).V()', 'g.with( "evaluationTimeout", 5).V()'],
])('the time limit of %j is put where the traversal begins, unless it has its own', (query, expected) => {
  expect(withTimeout(queryAsWritten(query), 250)).toBe(expected);
});

test.each([
  ["g.with('evaluationTimeout',5).V()", true],
  ['g.V()', false],
  ["// with('evaluationTimeout',5)\ng.V()", false],
  ["g.with('x',5).V()", false],
])('%j has a limit of its own: %s', (query, expected) => {
  expect(hasOwnTimeout(queryAsWritten(query))).toBe(expected);
});

describe('the real grammar', () => {
  let engine: GremlinEngine;
  beforeAll(async () => {
    engine = await startedEngine();
  });
  afterAll(() => engine.close());

  async function send(query: string): Promise<readonly unknown[] | undefined> {
    const { status, body } = await engine.send(query, {
      accept: 'application/vnd.gremlin-v3.0+json;types=false',
    });
    return status === 200 ? JSON.parse(body).result.data : undefined;
  }

  /** Blanks, comments and line ends, where the grammar skips them and where it does not. */
  const gap = fc.constantFrom(
    '',
    '',
    ' ',
    '\n',
    '\r',
    '\t',
    '//\n',
    '// x\r',
    "// it's\n",
    '//"\r\n',
    '/**/',
  );
  const text = fc
    .array(fc.constantFrom('drop()', "\\'", '\\"', '\\\\', '//', '\n', '\r', '"', "'", ').drop(', '.', 'é'), {
      maxLength: 4,
    })
    .chain((parts) => fc.constantFrom(`'${parts.join('')}'`, `"${parts.join('')}"`));
  const step = fc.oneof(
    fc.constantFrom('drop', 'addV', 'count', 'id', 'fold', 'identity', 'sideEffect(drop())', 'not(drop())'),
    text.map((literal) => `has('k',${literal})`),
    text.map((literal) => `addV(${literal})`),
    text.map((literal) => `property('k',${literal})`),
  );
  const query = fc
    .array(fc.tuple(gap, gap, step, gap), { minLength: 1, maxLength: 4 })
    .map((steps) =>
      steps.map(([before, after, name, inner]) => {
        const [word = '', ...rest] = name.split('(');
        return `${before}.${after}${word}${inner}(${rest.length === 0 ? ')' : rest.join('(')}`;
      }),
    )
    .map((steps) => `g.V()${steps.join('')}`);

  test('a query that is taken for a read changes nothing, whatever stands in its strings and comments', async () => {
    let parsed = 0;
    let reads = 0;
    let writes = 0;
    await fc.assert(
      fc.asyncProperty(query, async (written) => {
        await send("g.V().drop().iterate();g.addV('kept').property('k','v').iterate()");
        if ((await send(written)) === undefined) return;
        parsed += 1;
        const isSame = (await send("g.V().hasLabel('kept').valueMap()"))?.length === 1;
        const count = await send('g.V().count()');
        const isRead_ = isRead(queryAsWritten(written));
        reads += isRead_ ? 1 : 0;
        writes += isSame && count?.[0] === 1 ? 0 : 1;
        if (isRead_) expect([written, isSame, count]).toEqual([written, true, [1]]);
      }),
      { numRuns: 300 },
    );
    // Most texts are no Gremlin: enough of them must be, of both sorts.
    expect(parsed).toBeGreaterThan(30);
    expect(reads).toBeGreaterThan(5);
    expect(writes).toBeGreaterThan(5);
  });
});
