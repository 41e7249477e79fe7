import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEdges, readVertices } from '../../src/csv/read.ts';
import { LISTED_KINDS, type ListedKind } from '../../src/graph/kinds.ts';
import type { Subset } from '../../src/graph/subset.ts';
import { type ExportOptions, exportLineage } from '../../src/runs/export.ts';
import { vertexFile } from '../../src/runs/run-directory.ts';
import { type Answer, type Call, lastPage, page, withScript } from '../crawl/scripted-sagemaker.ts';
import { fingerprint, temporaryDirectory } from './run-tree.ts';

/* Random accounts, served by a script that knows nothing of the code under test; what an export of them has to hold is
 * computed from the records themselves. */

const PREFIX = 'arn:aws:sagemaker:eu-west-1:123456789012';
const START_MS = Date.UTC(2026, 0, 1);

type Entity = {
  readonly kind: ListedKind;
  readonly arn: string;
  readonly name: string;
  readonly createdMs: number;
  readonly type: string | undefined;
  readonly sourceUri: string;
  /** Names of experiments that a trial, or trials that a component belongs to. */
  readonly parents: readonly string[];
};

type Association = {
  readonly from: string;
  readonly to: string;
  readonly type: string | undefined;
  readonly createdMs: number;
};

type Held = { readonly entities: readonly Entity[]; readonly associations: readonly Association[] };

const RESOURCES: Readonly<Record<ListedKind, string>> = {
  artifact: 'artifact',
  action: 'action',
  context: 'context',
  trial_component: 'experiment-trial-component',
  experiment: 'experiment',
  trial: 'experiment-trial',
};

/** Few times, so that many records share one. */
const createdMs = fc.integer({ min: 0, max: 12 }).map((n) => START_MS + Math.floor(n / 2) * 60_000 + (n % 2));
const type = fc.option(fc.constantFrom('Model', 'DataSet'), { nil: undefined });
const cased = (text: string) => fc.constantFrom(text, text.toUpperCase(), text.toLowerCase());
const parent = fc.nat(5).chain((n) => cased(`Name-${n}`));

const entity: fc.Arbitrary<Entity> = fc
  .record({ kind: fc.constantFrom(...LISTED_KINDS), number: fc.nat(5), isLower: fc.boolean() })
  .chain(({ kind, number, isLower }) =>
    fc.record({
      kind: fc.constant(kind),
      arn: fc.constant(`${PREFIX}:${RESOURCES[kind]}/${isLower ? 'name' : 'Name'}-${number}`),
      name: fc.constant(`Name-${number}`),
      createdMs,
      type,
      sourceUri: fc.constantFrom('s3://lake/a', 's3://lake/b', 's3://pond/c'),
      parents: fc.uniqueArray(parent, {
        minLength: kind === 'trial' ? 1 : 0,
        maxLength: kind === 'trial' ? 1 : kind === 'trial_component' ? 3 : 0,
        selector: (name) => name.toLowerCase(),
      }),
    }),
  );

/** Mostly of a few, so that associations come more than once: retyped, anew, or in another case. */
const end = fc
  .oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('artifact' as const), number: fc.nat(1) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom(...LISTED_KINDS.filter((kind) => kind !== 'trial')),
        number: fc.nat(5),
      }),
    },
  )
  .chain(({ kind, number }) => cased(`Name-${number}`).map((name) => `${PREFIX}:${RESOURCES[kind]}/${name}`));
const foreignEnd = fc.constantFrom(
  'arn:aws:sagemaker:eu-west-1:999999999999:artifact/theirs',
  'arn:aws:sagemaker:eu-west-1:999999999999:artifact/Theirs',
  'arn:aws:sagemaker:eu-west-1:123456789012:pipeline/nightly',
);

const association: fc.Arbitrary<Association> = fc.record({
  from: fc.oneof({ weight: 4, arbitrary: end }, { weight: 1, arbitrary: foreignEnd }),
  to: fc.oneof({ weight: 4, arbitrary: end }, { weight: 1, arbitrary: foreignEnd }),
  type: fc.option(fc.constantFrom('ContributedTo', 'Produced'), { nil: undefined }),
  createdMs,
});

/** An ARN has one spelling, the first; a second record of it is the entity created anew, at another time. */
function consistent(entities: readonly Entity[]): Entity[] {
  const arns = new Map<string, string>();
  for (const { arn } of entities) if (!arns.has(arn.toLowerCase())) arns.set(arn.toLowerCase(), arn);
  const spelled = entities.map((one) => ({ ...one, arn: arns.get(one.arn.toLowerCase()) ?? one.arn }));
  return [...new Map(spelled.map((one) => [`${one.arn} ${one.createdMs}`, one])).values()];
}

const held: fc.Arbitrary<Held> = fc
  .record({
    entities: fc.array(entity, { maxLength: 30, size: 'max' }),
    associations: fc.array(association, { maxLength: 30, size: 'max' }),
  })
  .map(({ entities, associations }) => ({ entities: consistent(entities), associations }));

const when = fc.option(
  createdMs.map((ms) => new Date(ms).toISOString()),
  { nil: undefined },
);

const subset: fc.Arbitrary<Subset | undefined> = fc.option(
  fc.record(
    {
      kinds: fc.uniqueArray(fc.constantFrom(...LISTED_KINDS, 'external' as const), { minLength: 1 }),
      types: fc.constantFrom(['Model'], ['Model', 'DataSet']),
      createdAfter: when,
      createdBefore: when,
      sourceUriPrefix: fc.constantFrom('s3://lake/', 's3://lake/a', 's3://'),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);

type Json = Readonly<Record<string, unknown>>;

/** What a listing gives of the account, as JSON. */
function listed({ entities, associations }: Held, { operation, input }: Call): { ms: number; json: Json }[] {
  if (operation === 'ListAssociations') {
    return associations
      .filter(({ from, to }) => isSame(input.SourceArn, from) && isSame(input.DestinationArn, to))
      .map(({ from, to, type: AssociationType, createdMs: ms }) => ({
        ms,
        json: { SourceArn: from, DestinationArn: to, AssociationType, CreationTime: ms / 1_000 },
      }));
  }
  const asked =
    operation === 'Search' ? String(input.Resource).replace('Experiment', 'List') : operation.slice(0, -1);
  return entities
    .filter(({ kind }) => `List${MEMBERS[kind]}` === asked)
    .map((one) => {
      const json = entityJson(one);
      return {
        ms: one.createdMs,
        json: operation === 'Search' ? { [MEMBERS[one.kind]]: { ...json, ...parentsOf(one) } } : json,
      };
    });
}

const MEMBERS: Readonly<Record<ListedKind, string>> = {
  artifact: 'Artifact',
  action: 'Action',
  context: 'Context',
  trial_component: 'TrialComponent',
  experiment: 'Experiment',
  trial: 'Trial',
};

function isSame(asked: unknown, arn: string): boolean {
  return asked === undefined || String(asked).toLowerCase() === arn.toLowerCase();
}

function entityJson({ kind, arn, name, createdMs: ms, type: own, sourceUri }: Entity): Json {
  const member = MEMBERS[kind];
  const isLineage = kind === 'artifact' || kind === 'action' || kind === 'context';
  return {
    [`${member}Arn`]: arn,
    [`${member}Name`]: name,
    CreationTime: ms / 1_000,
    LastModifiedTime: ms / 1_000,
    ...(isLineage
      ? { [`${member}Type`]: own, Source: { SourceUri: sourceUri } }
      : { [`${member}Source`]: { SourceArn: 'arn:of:a:job', SourceType: own } }),
  };
}

function parentsOf({ kind, parents }: Entity): Json {
  if (kind === 'trial') return { ExperimentName: parents[0] };
  return { Parents: parents.map((TrialName) => ({ TrialName, ExperimentName: 'any' })) };
}

/** Times of a request are seconds; those of a search expression ISO 8601. */
function windowOf({ input }: Call): { from: number; to: number } {
  const expression = input.SearchExpression as { Filters: { Operator: string; Value: string }[] } | undefined;
  const bound = (operator: string) => {
    const found = expression?.Filters.find(({ Operator }) => Operator === operator);
    return found === undefined ? undefined : Date.parse(found.Value);
  };
  const seconds = (value: unknown) => (value === undefined ? undefined : Number(value) * 1_000);
  return {
    from: bound('GreaterThanOrEqualTo') ?? seconds(input.CreatedAfter) ?? Number.NEGATIVE_INFINITY,
    to: bound('LessThanOrEqualTo') ?? seconds(input.CreatedBefore) ?? Number.POSITIVE_INFINITY,
  };
}

/** Lists in pages of this size at most, ties in the order of the records, and describes nothing. */
function script(account: Held, pageSize: number): (call: Call) => Answer {
  return (call) => {
    const { operation, input } = call;
    if (operation.startsWith('Describe')) return { error: 'ResourceNotFound', message: 'It does not exist.' };
    const { from, to } = windowOf(call);
    const sign = input.SortOrder === 'Descending' ? -1 : 1;
    const records = listed(account, call)
      .filter(({ ms }) => ms >= from && ms <= to)
      .sort((a, b) => sign * (a.ms - b.ms))
      .map(({ json }) => json);
    const start = Number(input.NextToken ?? 0);
    const next = start + Math.min(pageSize, Number(input.MaxResults));
    const items = records.slice(start, next);
    return next < records.length ? page(operation, items, String(next)) : lastPage(operation, items);
  };
}

type Truth = {
  /** ARN and creation time, in order. */
  readonly vertices: Readonly<Record<ListedKind, readonly (readonly [string, number])[]>>;
  /** ARNs in lower case. */
  readonly externals: readonly string[];
  /** Ends in lower case. */
  readonly edges: readonly string[];
};

/** What an export of the subset has to hold. */
function truthOf({ entities, associations }: Held, limits: Subset | undefined): Truth {
  const kept = new Map<string, Entity>();
  for (const one of entities.filter((candidate) => isWanted(candidate, limits))) {
    const before = kept.get(one.arn);
    if (before === undefined || one.createdMs < before.createdMs) kept.set(one.arn, one);
  }
  const known = new Set([...kept.keys()].map((arn) => arn.toLowerCase()));
  const isExternalKept = limits === undefined || (limits.kinds?.includes('external') ?? false);
  const memberships = entities.flatMap(({ kind, arn, parents }) =>
    parents.map((name) =>
      kind === 'trial'
        ? { from: `${PREFIX}:experiment/${name}`, label: 'HasTrial', to: arn }
        : { from: `${PREFIX}:experiment-trial/${name}`, label: 'HasTrialComponent', to: arn },
    ),
  );
  const edges = [
    ...memberships,
    ...associations.map(({ from, to, type: label = 'Untyped' }) => ({ from, label, to })),
  ]
    .map(({ from, label, to }) => ({ from: from.toLowerCase(), label, to: to.toLowerCase() }))
    .filter(({ from, to }) => isExternalKept || (known.has(from) && known.has(to)));
  const ends = new Set(edges.flatMap(({ from, to }) => [from, to]));
  return {
    vertices: Object.fromEntries(
      LISTED_KINDS.map((kind) => [
        kind,
        [...kept.values()]
          .filter((one) => one.kind === kind)
          .map((one) => [one.arn, one.createdMs] as const)
          .sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1)),
      ]),
    ) as unknown as Truth['vertices'],
    externals: [...ends].filter((arn) => !known.has(arn)).sort(),
    edges: [...new Set(edges.map(({ from, label, to }) => `${from} ${label} ${to}`))].sort(),
  };
}

function isWanted(one: Entity, limits: Subset | undefined): boolean {
  const { kinds, types, createdAfter, createdBefore, sourceUriPrefix } = limits ?? {};
  const hasSource = one.kind === 'artifact' || one.kind === 'action' || one.kind === 'context';
  return (
    (kinds === undefined || kinds.includes(one.kind)) &&
    (types === undefined || (one.type !== undefined && types.includes(one.type))) &&
    (createdAfter === undefined || one.createdMs >= Date.parse(createdAfter)) &&
    (createdBefore === undefined || one.createdMs < Date.parse(createdBefore)) &&
    (sourceUriPrefix === undefined || (hasSource && one.sourceUri.startsWith(sourceUriPrefix)))
  );
}

/** What a run holds, in the terms of the truth. */
async function foundIn(directory: string): Promise<Truth> {
  const vertices: Partial<Record<ListedKind, [string, number][]>> = {};
  for (const kind of LISTED_KINDS) {
    const rows = await collect(readVertices(join(directory, vertexFile(kind, false))));
    vertices[kind] = rows.map(({ id, orderMs }) => [id, orderMs]);
  }
  const externals = await collect(readVertices(join(directory, vertexFile('external', false))));
  const edges = await collect(readEdges(join(directory, 'data/edges/edges.csv')));
  const ids = new Set([
    ...Object.values(vertices).flatMap((rows) => rows.map(([id]) => id)),
    ...externals.map(({ id }) => id),
  ]);
  expect(edges.filter(({ from, to }) => !ids.has(from) || !ids.has(to))).toEqual([]);
  return {
    vertices: vertices as Truth['vertices'],
    externals: externals.map(({ id }) => id.toLowerCase()).sort(),
    edges: edges.map(({ from, label, to }) => `${from.toLowerCase()} ${label} ${to.toLowerCase()}`).sort(),
  };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function exported(account: Held, pageSize: number, options: Partial<ExportOptions>): Promise<string> {
  const out = await temporaryDirectory();
  const { directory } = await withScript(script(account, pageSize), ({ clients }) =>
    exportLineage({ clients, region: 'eu-west-1', out, ...options }),
  );
  return directory;
}

const concurrency = fc.constantFrom(1, 4, 16);
const pageSize = fc.constantFrom(1, 2, 7, 100);

test('whatever an account holds and an export is limited to, the run is the truth', async () => {
  await fc.assert(
    fc.asyncProperty(held, subset, pageSize, concurrency, async (account, limits, size, crawlers) => {
      const directory = await exported(account, size, {
        concurrency: crawlers,
        ...(limits === undefined ? {} : { subset: limits }),
      });

      expect(await foundIn(directory)).toEqual(truthOf(account, limits));
    }),
    { numRuns: 80, seed: 4 },
  );
});

/** An account in which some listed entity is at an end of each association: who asks the entities hears of all. */
function withinReach({ entities, associations }: Held): Held {
  const known = new Set(entities.map(({ arn }) => arn.toLowerCase()));
  const isReached = ({ from, to }: Association) =>
    known.has(from.toLowerCase()) || known.has(to.toLowerCase());
  return { entities, associations: associations.filter(isReached) };
}

test('associations that are asked for node by node are the same bytes as those of the sweep', async () => {
  await fc.assert(
    fc.asyncProperty(held.map(withinReach), pageSize, concurrency, async (account, size, crawlers) => {
      const sweep = await exported(account, size, { concurrency: crawlers });
      const perNode = await exported(account, size, { concurrency: crawlers, associations: 'per-node' });

      expect(await fingerprint(perNode)).toEqual(await fingerprint(sweep));
    }),
    { numRuns: 25, seed: 4 },
  );
});
