import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LineageType, paginateQueryLineage, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Answer, Direction } from '../../src/graph/answer.ts';
import { reach } from '../../src/lineage/reach.ts';
import { exportLineage } from '../../src/runs/export.ts';
import { openRun } from '../../src/runs/open-run.ts';
import { artifactId } from '../../src/sandbox/artifact-id.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { account, region, serveAccount } from '../runs/sandbox-export.ts';

/* Within its ten steps, SageMaker's own QueryLineage is the judge of what direction, depth and filters mean. */

const ARN = `arn:aws:sagemaker:${region}:${account}`;
const FIRST_MS = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;

const LINEAGE_TYPES: Readonly<Record<string, LineageType>> = {
  artifact: 'Artifact',
  action: 'Action',
  context: 'Context',
  trial_component: 'TrialComponent',
};
const TYPES = ['DataSet', 'Model', 'Endpoint', 'TrainingJob', 'ProcessingJob'];

type Drawn = { readonly kind: string; readonly type: string; readonly hour: number; readonly stage: string };

const entity: fc.Arbitrary<Drawn> = fc.record({
  kind: fc.constantFrom(...Object.keys(LINEAGE_TYPES)),
  type: fc.constantFrom(...TYPES),
  hour: fc.integer({ min: 0, max: 9 }),
  stage: fc.constantFrom('', 'prod', 'test'),
});

/** Accounts of entities in a row, so that ten steps do not reach all, and of associations between any of them. */
const drawnAccount = fc.array(entity, { minLength: 1, maxLength: 40, size: 'max' }).chain((entities) =>
  fc.record({
    entities: fc.constant(entities),
    associations: fc.array(
      fc.tuple(
        fc.nat(entities.length - 1),
        fc.nat(entities.length - 1),
        fc.constantFrom('ContributedTo', undefined),
      ),
      { maxLength: entities.length, size: 'max' },
    ),
  }),
);

const some = (values: readonly string[]): fc.Arbitrary<string[]> =>
  fc.oneof(
    fc.constant<string[]>([]),
    fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 }),
  );
const moment = fc.option(
  fc.integer({ min: 0, max: 10 }).map((hour) => new Date(FIRST_MS + hour * HOUR_MS)),
  { nil: undefined, freq: 1 },
);

const question = fc.record({
  start: fc.nat(),
  direction: fc.constantFrom<Direction>('upstream', 'downstream', 'both'),
  maxDepth: fc.integer({ min: 1, max: 10 }),
  kinds: some(Object.keys(LINEAGE_TYPES)),
  sourceTypes: some(TYPES),
  createdAfter: moment,
  createdBefore: moment,
  modifiedAfter: moment,
  modifiedBefore: moment,
  stage: fc.option(fc.constantFrom('prod', 'test', 'none'), { nil: undefined }),
  includeEdges: fc.boolean(),
  pageSize: fc.integer({ min: 1, max: 50 }),
});

type Question = typeof question extends fc.Arbitrary<infer Value> ? Value : never;

test('within ten steps, random questions get the vertices and edges of all pages of QueryLineage', async () => {
  const drawn = fc.record({
    drawn: drawnAccount,
    questions: fc.array(question, { minLength: 6, maxLength: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(drawn, async ({ drawn: { entities, associations }, questions }) => {
      const records = [
        ...entities.map(recordOf),
        ...entities.slice(1).map((_, index) => associationOf(entities, index, index + 1, 'DerivedFrom')),
        ...associations.map(([from, to, type]) => associationOf(entities, from, to, type)),
      ];
      const out = await mkdtemp(join(tmpdir(), 'smlineage-query-'));
      const { clients, close } = await serveAccount(records);
      try {
        const { directory } = await exportLineage({ clients, region, out, detail: 'full' });
        const graph = await openRun({ directory });
        for (const asked of questions) {
          const start = arnOf(entities, asked.start % entities.length);
          const ours = await reach({
            graph,
            question: 'a test',
            start,
            direction: asked.direction,
            maxDepth: asked.maxDepth,
            kinds: asked.kinds,
            sourceTypes: asked.sourceTypes,
            createdAfter: asked.createdAfter?.toISOString(),
            createdBefore: asked.createdBefore?.toISOString(),
            modifiedAfter: asked.modifiedAfter?.toISOString(),
            modifiedBefore: asked.modifiedBefore?.toISOString(),
            ...(asked.stage !== undefined && { properties: { stage: asked.stage, other: 'never' } }),
            edges: asked.includeEdges ? 'all' : 'none',
          });
          const theirs = await allPages(clients.Describe, start, asked);

          expect(theirs).toEqual(asPages(ours, asked));
        }
      } finally {
        await close();
        await rm(out, { recursive: true });
      }
    }),
    // Shrinking would take minutes, since every case is an export.
    { numRuns: 12, endOnFailure: true },
  );
});

const DIRECTIONS = { upstream: 'Ascendants', downstream: 'Descendants', both: 'Both' } as const;

/** What all pages together say, with no regard to the order of vertices of one depth; an edge may come more than once. */
async function allPages(client: SageMakerClient, start: string, asked: Question) {
  const input = {
    StartArns: [start] as [string],
    Direction: DIRECTIONS[asked.direction],
    MaxDepth: asked.maxDepth,
    IncludeEdges: asked.includeEdges,
    MaxResults: asked.pageSize,
    Filters: {
      LineageTypes: asked.kinds.map((kind) => LINEAGE_TYPES[kind] ?? 'Artifact'),
      Types: asked.sourceTypes,
      CreatedAfter: asked.createdAfter,
      CreatedBefore: asked.createdBefore,
      ModifiedAfter: asked.modifiedAfter,
      ModifiedBefore: asked.modifiedBefore,
      ...(asked.stage !== undefined && { Properties: { stage: asked.stage, other: 'never' } }),
    },
  };
  const pages: string[][] = [];
  const edges: string[] = [];
  for await (const { Vertices = [], Edges = [] } of paginateQueryLineage({ client }, input)) {
    pages.push(Vertices.map(({ Arn = '' }) => Arn));
    edges.push(
      ...Edges.map(({ SourceArn, DestinationArn, AssociationType }) =>
        JSON.stringify([SourceArn, AssociationType, DestinationArn]),
      ),
    );
  }
  return {
    sizes: pages.map(({ length }) => length),
    vertices: pages.flat().sort(),
    edges: [...new Set(edges)].sort(),
  };
}

/** Our answer as QueryLineage would give it. An edge among vertices at the depth limit is in ours alone: both ends are known. */
function asPages(
  { start, vertices, between, edges }: Answer,
  { includeEdges, pageSize, direction, maxDepth }: Question,
) {
  const shown = [...vertices, ...between];
  const depths = new Map([[start.id, 0], ...shown.map(({ id, depth }) => [id, depth] as const)]);
  const isFollowed = (near: string) => (depths.get(near) ?? 0) < maxDepth;
  const followed = edges.filter(
    ({ from, to }) =>
      (direction !== 'upstream' && isFollowed(from)) || (direction !== 'downstream' && isFollowed(to)),
  );
  const all = [...(includeEdges ? [start.id] : []), ...shown.map(({ id }) => id)];
  const full = Math.floor(all.length / pageSize);
  const rest = all.length % pageSize;
  return {
    sizes: [...Array<number>(full).fill(pageSize), ...(rest > 0 || full === 0 ? [rest] : [])],
    vertices: all.sort(),
    edges: followed
      .map(({ from, label, to }) => JSON.stringify([from, label === 'Untyped' ? undefined : label, to]))
      .sort(),
  };
}

function arnOf(entities: readonly Drawn[], index: number): string {
  const kind = entities[index]?.kind;
  if (kind === 'artifact') return `${ARN}:artifact/${artifactId(`s3://b/${index}`)}`;
  return `${ARN}:${kind === 'trial_component' ? 'experiment-trial-component' : kind}/e${index}`;
}

function recordOf(
  { kind, type, hour, stage }: Drawn,
  index: number,
  entities: readonly Drawn[],
): AccountRecord {
  const arn = arnOf(entities, index);
  const CreationTime = FIRST_MS + hour * HOUR_MS;
  const lifetime = { CreationTime, LastModifiedTime: CreationTime + (index % 3) * HOUR_MS };
  const Properties = stage === '' ? {} : { Properties: { stage } };
  const Source = { SourceUri: `s3://b/${index}` };
  switch (kind) {
    case 'artifact':
      return { kind, ArtifactArn: arn, ArtifactType: type, Source, ...lifetime, ...Properties };
    case 'action':
      return {
        kind,
        ActionArn: arn,
        ActionName: `e${index}`,
        ActionType: type,
        Source,
        ...lifetime,
        ...Properties,
      };
    case 'context':
      return {
        kind,
        ContextArn: arn,
        ContextName: `e${index}`,
        ContextType: type,
        Source,
        ...lifetime,
        ...Properties,
      };
    default:
      return {
        kind: 'trial_component',
        TrialComponentArn: arn,
        TrialComponentName: `e${index}`,
        Source: { SourceArn: `${ARN}:training-job/e${index}`, SourceType: `SageMaker${type}` },
        ...lifetime,
      };
  }
}

function associationOf(
  entities: readonly Drawn[],
  from: number,
  to: number,
  type: 'ContributedTo' | 'DerivedFrom' | undefined,
): AccountRecord {
  return {
    kind: 'association',
    SourceArn: arnOf(entities, from),
    DestinationArn: arnOf(entities, to),
    ...(type !== undefined && { AssociationType: type }),
    CreationTime: FIRST_MS + 20 * HOUR_MS,
  };
}
