import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readEdges } from '../../src/csv/read.ts';
import { LineageError } from '../../src/errors.ts';
import { edgeId } from '../../src/graph/ids.ts';
import type { EdgeRow } from '../../src/graph/rows.ts';
import type { Scope } from '../../src/graph/scope.ts';
import { checkRun } from '../../src/runs/check.ts';
import { assertComplete, type ExportEvent } from '../../src/runs/export.ts';
import { planRun } from '../../src/runs/plan.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { parseManifest } from '../../src/snapshot/manifest.ts';
import { fingerprint, readJson, temporaryDirectory } from './run-tree.ts';
import { pairsOf, recordsOf } from './scope-records.ts';
import { exportedScopes, keyOf, roleScope, scopesSandbox, type Trouble } from './scopes-sandbox.ts';

const [A, B, C] = ['111111111111', '222222222222', '333333333333'] as const;
const REGION = 'us-east-1';

function held(...accounts: readonly string[]) {
  return accounts.map((account) => ({
    account,
    region: REGION,
    records: pairsOf({ account, region: REGION }, 3),
  }));
}

const throttled = { status: 400, code: 'ThrottlingException', message: 'Rate exceeded' };

async function rejected(promise: Promise<unknown>): Promise<LineageError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(LineageError);
  return error as LineageError;
}

describe('a run of several scopes', () => {
  test('holds all of them, each reached by a role of its own', async () => {
    const sandbox = await scopesSandbox();
    sandbox.hold(held(A, B));

    const result = await exportedScopes(sandbox, [roleScope(A, REGION), roleScope(B, REGION)]);

    const rows = { artifact: 3, trial_component: 0, action: 3, context: 0, experiment: 0, trial: 0 };
    const scope = {
      region: REGION,
      verdict: 'complete',
      kinds: {
        ...{ artifact: 'complete', trial_component: 'complete', action: 'complete', context: 'complete' },
        ...{ experiment: 'complete', trial: 'complete', edge: 'complete' },
      },
      rows: { ...rows, association: 3, HasTrial: 0, HasTrialComponent: 0 },
    };
    expect(result).toMatchObject({ complete: true, entities: 12, associations: 6 });
    expect(result.scopes).toEqual([
      { account: A, ...scope },
      { account: B, ...scope },
    ]);
    expect(await readdir(result.directory)).toEqual(['data', 'index', 'manifest.json', 'report.json']);
  });

  test('is the same bytes however many shards are crawled at a time, and in whichever order scopes are named', async () => {
    const sandbox = await scopesSandbox();
    sandbox.hold(held(A, B, C));
    const scopes = [A, B, C].map((account) => roleScope(account, REGION));

    const one = await exportedScopes(sandbox, scopes, { concurrency: 1 });
    const other = await exportedScopes(sandbox, scopes.toReversed(), { concurrency: 16 });

    expect(await fingerprint(one.directory)).toEqual(await fingerprint(other.directory));
  });

  test('crawls as many shards at a time as one account would be, in all', async () => {
    let underWay = 0;
    let most = 0;
    const isListing = (operation: string) => operation.startsWith('List') || operation === 'Search';
    const sandbox = await scopesSandbox({
      latencyMs: 5,
      onAccess: ({ operation }) => {
        if (isListing(operation)) underWay -= 1;
      },
    });
    sandbox.hold(held(A, B, C));
    sandbox.play(({ operation }) => {
      if (isListing(operation)) underWay += 1;
      most = Math.max(most, underWay);
      return undefined;
    });

    await exportedScopes(
      sandbox,
      [A, B, C].map((account) => roleScope(account, REGION)),
      { concurrency: 4 },
    );

    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });

  test('is the bytes of a plain run where the other scope is empty', async () => {
    const sandbox = await scopesSandbox();
    sandbox.hold(held(A));

    const one = await exportedScopes(sandbox, [roleScope(A, REGION)]);
    const two = await exportedScopes(sandbox, [roleScope(B, REGION), roleScope(A, REGION)]);

    expect(one.scopes).toEqual([{ account: A, region: REGION }]);
    expect(await fingerprint(two.directory)).toEqual(await fingerprint(one.directory));
    expect(two.scopes).toMatchObject([{ account: B, verdict: 'complete' }, { account: A }]);
  });

  test('has one vertex for each ARN and one edge for an association that both accounts list, however they spell it', async () => {
    const sandbox = await scopesSandbox();
    const [a, b] = [recordsOf({ account: A, region: REGION }), recordsOf({ account: B, region: REGION })];
    const model = a.artifactArn('s3://models/1');
    sandbox.hold([
      {
        ...{ account: A, region: REGION },
        records: [a.artifact('s3://models/1', 'Model', 0), a.association(model, b.actionArn('Deploy'), 5)],
      },
      {
        ...{ account: B, region: REGION },
        records: [b.action('Deploy', 1), b.association(model, b.actionArn('deploy'), 5)],
      },
    ]);

    const { directory, kinds } = await exportedScopes(sandbox, [roleScope(A, REGION), roleScope(B, REGION)]);

    expect(kinds).toMatchObject({
      artifact: { rows: 1 },
      action: { rows: 1 },
      external: { rows: 0 },
      edge: { rows: 1 },
    });
    const edges = await readFile(join(directory, 'data/edges/edges.csv'), 'utf8');
    expect(edges.split('\n')[1]).toContain(`"${model}","${b.actionArn('Deploy')}","ContributedTo"`);
  });

  test('describes what no listing gave through the scope that it is of, else through one that it is shared with', async () => {
    const described: string[] = [];
    const sandbox = await scopesSandbox();
    sandbox.play(({ operation, account }) => {
      if (operation.startsWith('Describe')) described.push(account);
      return undefined;
    });
    const [a, b, c] = [A, B, C].map((account) => recordsOf({ account, region: REGION }));
    if (a === undefined || b === undefined || c === undefined) throw new Error('no records');
    sandbox.hold([
      {
        ...{ account: A, region: REGION },
        records: [
          a.action('step', 0),
          // Of B, which has been deleted; of C, which no scope covers.
          a.association(b.artifactArn('s3://gone'), a.actionArn('step'), 1),
          a.association(c.artifactArn('s3://foreign'), a.actionArn('step'), 2),
        ],
      },
      { account: B, region: REGION, records: [b.action('step', 0)] },
    ]);

    const { kinds } = await exportedScopes(sandbox, [roleScope(A, REGION), roleScope(B, REGION)]);

    expect(kinds.external.rows).toBe(2);
    expect(described.sort()).toEqual([A, B, B]);
  });
});

describe('a scope that fails', () => {
  const troubles: readonly [string, Trouble, object][] = [
    [
      'whose role is denied',
      ({ operation, body }) =>
        operation === 'AssumeRole' && body.includes(B)
          ? {
              status: 403,
              code: 'AccessDenied',
              message: 'User: x is not authorized to perform: sts:AssumeRole',
            }
          : undefined,
      {
        verdict: 'denied',
        reason: `The role arn:aws:iam::${B}:role/Lineage cannot be assumed (AccessDenied: User: x is not authorized to perform: sts:AssumeRole).`,
      },
    ],
    [
      'that is throttled for good',
      ({ operation, account }) => (operation === 'ListActions' && account === B ? throttled : undefined),
      {
        verdict: 'failed',
        reason: expect.stringContaining('ListActions failed on page 1: SageMaker still throttled'),
      },
    ],
    [
      'whose Region knows no such operation',
      ({ operation, account }) =>
        operation.startsWith('List') && account === B
          ? { status: 400, code: 'UnknownOperationException', message: 'no' }
          : undefined,
      { verdict: 'unsupported', reason: expect.stringContaining('SageMaker has no lineage in this Region') },
    ],
    [
      'whose account has not enabled the Region',
      ({ service, account }) =>
        service === 'sagemaker' && account === B
          ? { status: 400, code: 'UnrecognizedClientException', message: 'The security token is invalid' }
          : undefined,
      { verdict: 'unsupported', reason: expect.stringContaining('The account has not enabled this Region') },
    ],
  ];

  test.each(troubles)('%s is not in the run, and the other is', async (_, trouble, expected) => {
    const sandbox = await scopesSandbox();
    sandbox.hold(held(A, B));
    sandbox.play(trouble);
    const events: ExportEvent[] = [];

    const result = await exportedScopes(sandbox, [roleScope(A, REGION), roleScope(B, REGION)], {
      onProgress: (event) => events.push(event),
    });

    const isComplete = (expected as { verdict: string }).verdict === 'unsupported';
    expect(result).toMatchObject({ complete: isComplete, entities: 6, associations: 3 });
    expect(result.scopes).toMatchObject([
      { account: A, verdict: 'complete' },
      { account: B, ...expected, rows: { artifact: 0, association: 0 } },
    ]);
    expect(events.filter(({ type }) => type === 'scope-failed')).toEqual([
      { type: 'scope-failed', scope: `account ${B} in ${REGION}`, ...expected },
    ]);
    const report = await readJson(join(result.directory, 'report.json'));
    expect(report).toMatchObject({
      complete: isComplete,
      scopes: [
        { account: A, kinds: { artifact: { verdict: 'complete' }, edge: { verdict: 'complete' } } },
        {
          account: B,
          ...expected,
          kinds: { action: { reason: expect.any(String) } },
          error: expect.anything(),
        },
      ],
    });
    if (isComplete) assertComplete(result);
    else expect(() => assertComplete(result)).toThrow(expect.objectContaining({ exitCode: 4 }));
  });

  test('is one whose credentials are of another account than was said', async () => {
    const sandbox = await scopesSandbox();
    sandbox.hold(held(A, B));
    const { role } = roleScope(B, REGION);
    const wrong: Scope = { account: C, region: REGION, ...(role === undefined ? {} : { role }) };

    const result = await exportedScopes(sandbox, [roleScope(A, REGION), wrong]);

    expect(result.scopes[1]).toMatchObject({
      account: C,
      verdict: 'failed',
      reason: `The scope ${C} in ${REGION} turns out to be account ${B}.`,
    });
  });

  test('leaves nothing to be published where it is the only one, or all fail', async () => {
    const sandbox = await scopesSandbox();
    sandbox.hold(held(A, B));
    sandbox.play(({ operation }) => (operation === 'ListContexts' ? throttled : undefined));
    const out = await temporaryDirectory();

    const error = await rejected(
      exportedScopes(sandbox, [roleScope(A, REGION), roleScope(B, REGION)], { out }),
    );

    expect(error).toMatchObject({
      outcome: 'partialExport',
      message: expect.stringContaining(
        `None of 2 scopes could be exported; account ${A} in ${REGION}: ListContexts failed`,
      ),
    });
    const [name = ''] = await readdir(out);
    expect(name).toMatch(/\.partial$/);
    expect(await readJson(join(out, name, 'report.json'))).toMatchObject({
      complete: false,
      scopes: [{ verdict: 'failed' }, { verdict: 'failed' }],
    });
  });
});

test('a run of several scopes that was cut short is resumed to the bytes of the undisturbed, and asks a finished scope for nothing', async () => {
  const sandbox = await scopesSandbox();
  sandbox.hold(held(A, B));
  const scopes = [roleScope(A, REGION), roleScope(B, REGION)];
  const undisturbed = await exportedScopes(sandbox, scopes);
  const out = await temporaryDirectory();
  const stop = new AbortController();
  sandbox.play(({ operation, account }) => {
    if (operation !== 'ListContexts' || account !== B) return undefined;
    setTimeout(() => stop.abort(), 300);
    return throttled;
  });
  const error = await rejected(exportedScopes(sandbox, scopes, { out, signal: stop.signal }));
  const run = String(error.details.run);
  const asked = new Set<string>();
  sandbox.play(({ service, account }) => {
    if (service === 'sagemaker') asked.add(account);
    return undefined;
  });

  const resumed = await exportedScopes(sandbox, scopes, { out, resume: run });

  expect(error.outcome).toBe('interrupted');
  expect([...asked]).toEqual([B]);
  expect(resumed).toMatchObject({ run, complete: true });
  expect(await fingerprint(resumed.directory)).toEqual(await fingerprint(undisturbed.directory));
  expect(await readdir(resumed.directory)).toEqual(['data', 'index', 'manifest.json', 'report.json']);
});

test('a run is not resumed with other scopes', async () => {
  const sandbox = await scopesSandbox();
  sandbox.hold(held(A, B));
  sandbox.play(({ operation }) => (operation === 'ListContexts' ? throttled : undefined));
  const out = await temporaryDirectory();
  const { details } = await rejected(
    exportedScopes(sandbox, [roleScope(A, REGION), roleScope(B, REGION)], { out }),
  );

  const error = await rejected(
    exportedScopes(sandbox, [roleScope(A, REGION), roleScope(C, REGION)], {
      out,
      resume: String(details.run),
    }),
  );

  expect(error).toMatchObject({ outcome: 'usage', details: { setting: 'scopes' } });
  expect(JSON.stringify(error.details)).not.toContain('shared-secret');
});

test.each<[string, readonly Scope[]]>([
  ['No scope is given.', []],
  [`The scope ${A}-${REGION} is given twice.`, [roleScope(A, REGION), { account: A, region: REGION }]],
])('what cannot be a run is refused: %s', async (message, scopes) => {
  const sandbox = await scopesSandbox();

  expect(await rejected(exportedScopes(sandbox, scopes))).toMatchObject({ outcome: 'usage', message });
});

test('an external id stands in nothing that a run writes', async () => {
  const sandbox = await scopesSandbox();
  sandbox.hold(held(A, B));
  const { directory } = await exportedScopes(sandbox, [roleScope(A, REGION), roleScope(B, REGION)]);

  const texts = await Promise.all(
    ['manifest.json', 'report.json'].map((name) => readFile(join(directory, name), 'utf8')),
  );

  expect(texts.join()).not.toContain('shared-secret');
  expect(parseManifest(texts[0] ?? '', 'manifest.json').scopes).toHaveLength(2);
});

test('full detail knows of each scope what an earlier run of several knew, and calls for nothing that was not modified', async () => {
  const calls: string[] = [];
  const sandbox = await scopesSandbox();
  sandbox.hold(held(A, B));
  const scopes = [roleScope(A, REGION), roleScope(B, REGION)];
  const out = await temporaryDirectory();
  const first = await exportedScopes(sandbox, scopes, { out, detail: 'full' });
  sandbox.play(({ operation, account }) => {
    if (operation.startsWith('Describe')) calls.push(keyOf({ account, region: REGION }));
    return undefined;
  });

  const second = await exportedScopes(sandbox, scopes, { out, detail: 'full', verify: 3 });

  expect(first).toMatchObject({ described: 12, cached: 0 });
  expect(second).toMatchObject({ described: 0, cached: 12 });
  expect(calls).toEqual([]);
  expect(await fingerprint(second.directory)).toEqual(await fingerprint(first.directory));
});

test('credentials that end ten times during a run are renewed, also under a call that is throttled for longer than they last', async () => {
  let assumed = 0;
  let turnedAway = 0;
  const sandbox = await scopesSandbox({
    ...{ longestSessionMs: 400, latencyMs: 60 },
    onAccess: ({ operation, status }) => {
      if (operation === 'AssumeRole') assumed += 1;
      if (status === 400) turnedAway += 1;
    },
  });
  const records = pairsOf({ account: A, region: REGION }, 1_500);
  sandbox.hold([{ account: A, region: REGION, records }]);
  const startedAt = performance.now();
  // The SDK repeats a throttled call with the session that it began with, which ends meanwhile.
  const answers = [throttled, { status: 400, code: 'ExpiredTokenException', message: 'expired' }];
  sandbox.play(({ operation }) => (operation === 'ListContexts' ? answers.shift() : undefined));

  const { complete, entities, throttles } = await exportedScopes(sandbox, [roleScope(A, REGION)], {
    concurrency: 1,
  });

  expect({ complete, entities }).toEqual({ complete: true, entities: 3_000 });
  expect(performance.now() - startedAt).toBeGreaterThan(10 * 400);
  expect(assumed).toBeGreaterThan(10);
  expect({ throttles, turnedAway }).toEqual({ throttles: 1, turnedAway: 2 });
});

test('a plan removes nothing of a scope that failed, and counts nothing of it as gone', async () => {
  const sandbox = await scopesSandbox();
  const out = await temporaryDirectory();
  const scopes = [roleScope(A, REGION), roleScope(B, REGION)];
  sandbox.hold(held(A, B));
  const before = await exportedScopes(sandbox, scopes, { out });
  sandbox.hold([{ account: A, region: REGION, records: pairsOf({ account: A, region: REGION }, 2) }]);
  sandbox.play(({ operation, account }) =>
    operation === 'ListActions' && account === B ? throttled : undefined,
  );
  const after = await exportedScopes(sandbox, scopes, { out });

  const { path, plan } = await planRun({ run: after.directory, since: before.directory, delete: true });

  expect(plan).toMatchObject({ removal: 'remove', demotion: 'keep', refusals: [] });
  const removed = (kind: 'artifact' | 'action' | 'edge') => plan.counts[kind].removed;
  expect([removed('artifact'), removed('action'), removed('edge')]).toEqual([1, 1, 1]);
  const lines = (await readFile(join(dirname(path), 'remove.jsonl'), 'utf8')).trim().split('\n');
  const vertices = lines.map((line) => JSON.parse(line)).filter(({ element }) => element === 'vertex');
  expect(lines).toHaveLength(3);
  expect(vertices.every(({ id }) => id.includes(A))).toBe(true);
});

test('runs that have no scope in common cannot be planned', async () => {
  const sandbox = await scopesSandbox();
  sandbox.hold(held(A, B, C));
  const [first, second] = [
    await exportedScopes(sandbox, [roleScope(A, REGION), roleScope(B, REGION)]),
    await exportedScopes(sandbox, [roleScope(C, REGION)]),
  ];

  const error = await rejected(planRun({ run: second.directory, since: first.directory }));

  expect(error).toMatchObject({
    outcome: 'usage',
    message: expect.stringContaining('of different accounts or Regions'),
  });
});

describe('--link-twins', () => {
  const [a, b, c] = [A, B, C].map((account) => recordsOf({ account, region: REGION })) as [
    ReturnType<typeof recordsOf>,
    ReturnType<typeof recordsOf>,
    ReturnType<typeof recordsOf>,
  ];
  const west = recordsOf({ account: A, region: 'eu-west-1' });
  const uri = 's3://lake/data';
  const scopes = [...[A, B, C].map((account) => roleScope(account, REGION)), roleScope(A, 'eu-west-1')];

  async function edgesWith(own: readonly AccountRecord[]): Promise<readonly EdgeRow[]> {
    const sandbox = await scopesSandbox();
    sandbox.hold([
      {
        account: A,
        region: REGION,
        records: [a.artifact(uri, 'DataSet', 3), a.artifact('s3://own', 'DataSet', 0)],
      },
      { account: B, region: REGION, records: [b.artifact(uri, 'DataSet', 1), ...own] },
      { account: C, region: REGION, records: [c.artifact(uri, 'DataSet', 5)] },
      { account: A, region: 'eu-west-1', records: [west.artifact(uri, 'DataSet', 0)] },
    ]);
    const { directory } = await exportedScopes(sandbox, scopes, { linkTwins: true });
    expect((await checkRun({ source: directory })).findings).toEqual([]);
    const edges: EdgeRow[] = [];
    for await (const edge of readEdges(join(directory, 'data/edges/edges.csv'))) edges.push(edge);
    return edges;
  }

  test('joins each artifact to the oldest of the same id in another account, and says that nobody listed it', async () => {
    const edges = await edgesWith([]);

    expect(edges.map(({ from, to }) => [from, to])).toEqual([
      [west.artifactArn(uri), b.artifactArn(uri)],
      [b.artifactArn(uri), a.artifactArn(uri)],
      [west.artifactArn(uri), c.artifactArn(uri)],
    ]);
    for (const { id, from, label, to, cells } of edges) {
      expect([id, label]).toEqual([edgeId(from, 'SameAs', to), 'SameAs']);
      expect(cells).toMatchObject({
        createdby: '{"Inferred":"twins"}',
        sourcetype: 'DataSet',
        creationtime: undefined,
      });
    }
  });

  test('leaves out what SageMaker has, in whichever direction', async () => {
    const sameAs = (from: string, to: string): AccountRecord => ({
      ...{ kind: 'association', SourceArn: from, DestinationArn: to, AssociationType: 'SameAs' },
      CreationTime: Date.UTC(2026, 1, 1),
    });
    const edges = await edgesWith([
      sameAs(b.artifactArn(uri), west.artifactArn(uri)),
      sameAs(b.artifactArn(uri), a.artifactArn(uri)),
    ]);

    expect(edges.map(({ from, to, cells }) => [from, to, cells.createdby])).toEqual([
      [west.artifactArn(uri), c.artifactArn(uri), '{"Inferred":"twins"}'],
      ...[west.artifactArn(uri), a.artifactArn(uri)]
        .map((to) => [b.artifactArn(uri), to, undefined])
        .toSorted(([, x = ''], [, y = '']) =>
          edgeId(b.artifactArn(uri), 'SameAs', x) < edgeId(b.artifactArn(uri), 'SameAs', y) ? -1 : 1,
        ),
    ]);
  });
});
