import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineageError } from '../../../src/errors.ts';
import { kindOfArn, parseArn } from '../../../src/graph/arn.ts';
import { artifactId } from '../../../src/sandbox/artifact-id.ts';
import type { GeneratorOptions } from '../../../src/sandbox/generator/account.ts';
import { generateLineage } from '../../../src/sandbox/generator/generate-lineage.ts';
import type { AccountRecord, EntityRecord } from '../../../src/sandbox/records.ts';
import { ancestorsOf, arnOfEntity, nameOfEntity, ofKind, type Told, tell } from './told.ts';

const NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/;
const CONTEXT_NAME = /^[a-zA-Z0-9]([-_]*[a-zA-Z0-9])*$/;
const ENDS_AT = Date.UTC(2025, 5, 30);

describe('how many', () => {
  test.each([0, 1, 2, 3, 7, 10, 31, 60, 99, 100, 101, 333, 1000, 2000, 5000])(
    'asked for %i entities, the account holds exactly so many',
    (entities) => {
      for (const seed of [0, 7, -5, 123_456_789_012]) {
        expect(tell({ entities, seed }).entities).toHaveLength(entities);
      }
    },
  );

  test.each([1000, 2000, 20_000])('%i entities have about twice as many associations', (entities) => {
    for (const seed of [1, 7, 42]) {
      const ratio = tell({ entities, seed }).associations.length / entities;
      expect(ratio).toBeGreaterThan(1.7);
      expect(ratio).toBeLessThan(2.3);
    }
  });
});

describe('the same account every time', () => {
  test('a small account is the same, to the last byte, on every machine and under every version', () => {
    expect(digest({ entities: 300, seed: 7 })).toBe(
      '2f7c471c9ce0a6ee2d4bea10b4b24cb53eb42420f9c4679c320625474556e0f8',
    );
  });

  test('equal options give equal accounts, even told in turns', () => {
    const options = { entities: 1500, seed: 3 };
    const [first, second] = [generateLineage(options), generateLineage(options)];
    let records = 0;
    for (const record of first) {
      expect(second.next().value).toEqual(record);
      records += 1;
    }
    expect(second.next().done).toBe(true);
    expect(records).toBeGreaterThan(4000);
  });

  test('another seed, account, region, partition or end gives another account', () => {
    const base = { entities: 200, seed: 7 };
    const others: GeneratorOptions[] = [
      { ...base, seed: 8 },
      { ...base, seed: -7 },
      { ...base, account: '210987654321' },
      { ...base, region: 'eu-west-1' },
      { ...base, partition: 'aws-iso' },
      { ...base, endsAt: new Date(Date.UTC(2024, 0, 1)) },
    ];
    expect(new Set([base, ...others].map(digest)).size).toBe(others.length + 1);
  });

  test('the account, region and partition asked for stand in every ARN and host name', () => {
    const told = tell({
      entities: 500,
      seed: 7,
      account: '000000000042',
      region: 'cn-north-1',
    });
    for (const entity of told.entities) {
      expect(arnOfEntity(entity)).toMatch(/^arn:aws-cn:sagemaker:cn-north-1:000000000042:/);
    }
    const images = ofKind(told, 'artifact').filter(({ ArtifactType }) => ArtifactType === 'Image');
    expect(images.length).toBeGreaterThan(3);
    for (const { Source } of images)
      expect(Source.SourceUri).toContain('.dkr.ecr.cn-north-1.amazonaws.com.cn/');
  });
});

test('an account with the number of a partner shares with another one', () => {
  const { associations } = tell({ entities: 2000, seed: 7, account: '111122223333' });
  const twins = associations.filter(({ AssociationType }) => AssociationType === 'SameAs');
  expect(twins.length).toBeGreaterThan(2);
  expect(twins.filter(({ SourceArn, DestinationArn }) => SourceArn === DestinationArn)).toEqual([]);
});

test.each([
  [{ entities: -1, seed: 1 }, 'Expected `entities` to be a whole number from 0, got `-1`.'],
  [{ entities: 1.5, seed: 1 }, 'Expected `entities` to be a whole number from 0, got `1.5`.'],
  [
    { entities: 5, seed: Number.NaN },
    `Expected \`seed\` to be a whole number from ${Number.MIN_SAFE_INTEGER}, got \`NaN\`.`,
  ],
  [{ entities: 5, seed: 1, account: '12' }, 'Expected an account id of twelve digits, got `12`.'],
  [{ entities: 5, seed: 1, endsAt: new Date('x') }, 'Expected `endsAt` to be a valid date.'],
])('options that cannot be are refused: %o', (options, message) => {
  expect(() => generateLineage(options).next()).toThrow(new LineageError('usage', message));
});

describe('rules of the service, in every account', () => {
  const accounts = fc.record({
    entities: fc.oneof(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 100, max: 3000 })),
    seed: fc.integer(),
  });
  const always = (title: string, check: (told: Told, options: GeneratorOptions) => void) =>
    test(title, () => {
      fc.assert(
        fc.property(accounts, (options) => check(tell(options), options)),
        { numRuns: 40 },
      );
    });

  always(
    'an ARN, a name per kind, a source URI of an artifact, a pair of an association: each at most once',
    (told) => {
      const once = (values: (string | undefined)[]) => {
        const given = values.filter((value) => value !== undefined);
        expect(new Set(given.map((value) => value.toLowerCase())).size).toBe(given.length);
      };
      once(told.entities.map(arnOfEntity));
      for (const kind of [
        'artifact',
        'action',
        'context',
        'experiment',
        'trial',
        'trial_component',
      ] as const) {
        once(ofKind(told, kind).map(nameOfEntity));
      }
      once(ofKind(told, 'artifact').map(({ Source }) => Source.SourceUri));
      once(told.associations.map(({ SourceArn, DestinationArn }) => `${SourceArn} ${DestinationArn}`));
      once(told.memberships.map(({ TrialName, TrialComponentName }) => `${TrialName} ${TrialComponentName}`));
    },
  );

  always('ARNs are of their kind and end in the name, which keeps its pattern', ({ entities }) => {
    expect(
      entities.filter((entity) => {
        const arn = arnOfEntity(entity);
        const name = nameOfEntity(entity);
        const pattern = entity.kind === 'context' ? CONTEXT_NAME : NAME;
        const named = name === undefined || (pattern.test(name) && name.length <= 120);
        const ending =
          entity.kind === 'artifact'
            ? artifactId(entity.Source.SourceUri)
            : (name?.toLowerCase() ?? 'no name');
        return !(
          named &&
          kindOfArn(arn) === entity.kind &&
          arn.length <= 256 &&
          parseArn(arn)?.resourceId.toLowerCase() === ending
        );
      }),
    ).toEqual([]);
  });

  always('values keep the limits of the API', (told) => {
    const components = ofKind(told, 'trial_component');
    const properties = told.entities.flatMap((entity) =>
      'Properties' in entity ? Object.entries(entity.Properties ?? {}).flat() : [],
    );
    const over = (limit: number, texts: readonly string[]) => texts.filter((text) => text.length > limit);

    expect(
      over(
        2048,
        ofKind(told, 'artifact').map(({ Source }) => Source.SourceUri),
      ),
    ).toEqual([]);
    expect(
      over(
        1024,
        components.map(({ Status }) => Status?.Message ?? ''),
      ),
    ).toEqual([]);
    expect(
      over(
        320,
        components.flatMap(({ Parameters = {} }) => Object.keys(Parameters)),
      ),
    ).toEqual([]);
    expect(over(2500, properties)).toEqual([]);
  });

  always('a component of a job is named after it', (told) => {
    expect(
      ofKind(told, 'trial_component').filter(({ TrialComponentName, Source }) => {
        if (Source?.SourceType === undefined) return false;
        const job = parseArn(Source.SourceArn);
        const expected = `${job?.resourceId}-aws-${job?.resourceType}`.toLowerCase();
        return TrialComponentName.toLowerCase() !== expected || (job?.resourceId.length ?? 0) > 63;
      }),
    ).toEqual([]);
  });

  always(
    'associations and memberships come after what they name, and no local end is missing',
    (_, options) => {
      const seen = new Set<string>();
      const early: AccountRecord[] = [];
      for (const record of generateLineage(options)) {
        if (!namesOf(record).every((name) => seen.has(name))) early.push(record);
        if (record.kind === 'association' || record.kind === 'membership') continue;
        seen.add(arnOfEntity(record)).add(`${record.kind} ${nameOfEntity(record)}`);
      }
      expect(early).toEqual([]);
    },
  );

  always(
    'no association joins two experiment entities, and none has a trial for an end',
    ({ associations }) => {
      expect(
        associations.filter(({ SourceArn, DestinationArn }) => {
          const kinds = [kindOfArn(SourceArn), kindOfArn(DestinationArn)];
          return (
            kinds.includes(undefined) ||
            kinds.includes('trial') ||
            kinds.every((kind) => kind === 'experiment' || kind === 'trial_component')
          );
        }),
      ).toEqual([]);
    },
  );

  always(
    'nothing changes before it is made or after the end, no association is older than its ends',
    (told) => {
      const createdAt = new Map(told.entities.map((entity) => [arnOfEntity(entity), entity.CreationTime]));
      const inOrder = (...times: (number | undefined)[]) => {
        const given = times.filter((time) => time !== undefined);
        return given.every((time, index) => Number.isSafeInteger(time) && time >= (given[index - 1] ?? 0));
      };

      expect(
        told.entities.filter(
          ({ CreationTime, LastModifiedTime }) => !inOrder(CreationTime, LastModifiedTime, ENDS_AT),
        ),
      ).toEqual([]);
      expect(
        told.associations.filter(
          ({ SourceArn, DestinationArn, CreationTime }) =>
            !inOrder(createdAt.get(SourceArn), CreationTime, ENDS_AT) ||
            !inOrder(createdAt.get(DestinationArn), CreationTime),
        ),
      ).toEqual([]);
      expect(
        ofKind(told, 'trial_component').filter(
          ({ CreationTime, StartTime, EndTime }) => !inOrder(CreationTime, StartTime, EndTime),
        ),
      ).toEqual([]);
    },
  );

  always('types and names at an end are stated only for ends in another account', ({ associations }) => {
    expect(
      associations.filter(
        (association) =>
          (isLocal(association.SourceArn) && ('SourceType' in association || 'SourceName' in association)) ||
          (isLocal(association.DestinationArn) &&
            ('DestinationType' in association || 'DestinationName' in association)),
      ),
    ).toEqual([]);
  });
});

describe('what real accounts hold, in 2,000 entities of seed 7', () => {
  const told = tell({ entities: 2000, seed: 7 });
  const artifacts = ofKind(told, 'artifact');
  const components = ofKind(told, 'trial_component');
  const actions = ofKind(told, 'action');
  const contexts = ofKind(told, 'context');
  const { associations, memberships } = told;
  const arns = new Set(told.entities.map(arnOfEntity));
  const uris = told.entities.flatMap((entity) =>
    entity.kind === 'artifact' || entity.kind === 'action' || entity.kind === 'context'
      ? [entity.Source.SourceUri]
      : [],
  );
  const messages = components.flatMap(({ Status }) => Status?.Message ?? []);
  const displayNames = told.entities.flatMap((entity) =>
    'DisplayName' in entity ? (entity.DisplayName ?? []) : [],
  );
  const parameters = components.flatMap(({ Parameters = {} }) => Object.entries(Parameters));
  const parameterTexts = parameters.flatMap(([key, value]) => [key, value.StringValue ?? '']);
  const properties = told.entities.flatMap((entity) =>
    'Properties' in entity ? Object.entries(entity.Properties ?? {}).flat() : [],
  );
  const outOf = countBy(associations.map(({ SourceArn }) => SourceArn));
  const trialsOf = countBy(memberships.map(({ TrialComponentName }) => TrialComponentName));

  test.each([
    'DataSet',
    'Model',
    'ModelData',
    'Image',
    'Checkpoint',
    'TensorBoard',
    'Code',
    'TestData',
    'TestLabels',
  ])('artifacts of type %s', (type) =>
    expect(artifacts.map(({ ArtifactType }) => ArtifactType)).toContain(type),
  );

  test.each(['Action', 'Approval', 'ModelBuild', 'ModelDeployment', 'ModelReplaced'])(
    'actions of type %s',
    (type) => expect(actions.map(({ ActionType }) => ActionType)).toContain(type),
  );

  test.each([
    'Endpoint',
    'ModelGroup',
    'MLWorkflow',
    'FeatureEngineeringPipeline',
    'FeatureEngineeringPipelineVersion',
    'FeatureGroupPipelineVersion',
  ])('contexts of type %s', (type) => expect(contexts.map(({ ContextType }) => ContextType)).toContain(type));

  test.each(['ContributedTo', 'AssociatedWith', 'DerivedFrom', 'Produced', 'SameAs', undefined])(
    'associations of type %s',
    (type) => expect(associations.map(({ AssociationType }) => AssociationType)).toContain(type),
  );

  test.each(['Completed', 'Failed', 'InProgress', 'Stopping', 'Stopped', undefined])(
    'trial components of status %s',
    (status) => expect(components.map(({ Status }) => Status?.PrimaryStatus)).toContain(status),
  );

  test.each(['Completed', 'Failed', 'InProgress', 'Stopping', 'Stopped', 'Unknown', undefined])(
    'actions of status %s',
    (status) => expect(actions.map(({ Status }) => Status)).toContain(status),
  );

  const awkward = {
    'a comma': /,/,
    'a double quote': /"/,
    'a single quote': /'/,
    'a semicolon': /;/,
    'a backslash': /\\/,
    'a dollar sign': /\$/,
    'a line break': /\n/,
    'a script other than Latin': /\p{Script=Han}/u,
    'right-to-left text': /[\p{Script=Arabic}\p{Script=Hebrew}]/u,
    'an emoji': /\p{Extended_Pictographic}/u,
    'a space at the end': / $/,
  } satisfies Record<string, RegExp>;
  const places = { uris, messages, displayNames, parameterTexts, properties };
  for (const [place, texts] of Object.entries(places)) {
    test.each(Object.entries(awkward))(`${place} with %s`, (_, pattern) => {
      expect(texts.filter((text) => pattern.test(text))).not.toEqual([]);
    });
  }

  test.each<[string, (value: number) => boolean]>([
    ['huge', (value) => Math.abs(value) > 1e300],
    ['tiny', (value) => value !== 0 && Math.abs(value) < 1e-300],
    ['negative', (value) => value < 0],
    ['at the edge of safe integers', (value) => value === Number.MAX_SAFE_INTEGER],
  ])('numbers that are %s', (_, test) => {
    expect(parameters.some(([, { NumberValue }]) => NumberValue !== undefined && test(NumberValue))).toBe(
      true,
    );
  });

  test.each<[string, () => boolean]>([
    [
      'most artifacts unnamed',
      () => artifacts.filter(({ ArtifactName }) => ArtifactName).length < artifacts.length / 2,
    ],
    ['some artifacts named', () => artifacts.some(({ ArtifactName }) => ArtifactName)],
    [
      'artifacts with source types',
      () => artifacts.some(({ Source }) => (Source.SourceTypes ?? []).length > 1),
    ],
    ['model packages by their ARN', () => uris.some((uri) => /:model-package\/[^/]+\/\d+$/.test(uri))],
    ['images pinned by digest', () => uris.some((uri) => /@sha256:[0-9a-f]{64}$/.test(uri))],
    ['components without a source', () => components.some(({ Source }) => Source === undefined)],
    [
      'components whose source has no type',
      () => components.some(({ Source }) => Source !== undefined && Source.SourceType === undefined),
    ],
    [
      'components in no trial',
      () => components.some(({ TrialComponentName }) => !trialsOf.has(TrialComponentName)),
    ],
    ['components in two trials', () => [...trialsOf.values()].includes(2)],
    [
      'the message that breaks unquoted CSV',
      () => messages.includes('Status: Completed, exit message: null, failure reason: null'),
    ],
    ['an empty message', () => messages.includes('')],
    ['ARNs in mixed case, from before 2022-11', () => [...arns].some((arn) => arn !== arn.toLowerCase())],
    [
      'names in mixed case whose ARN is lower case',
      () =>
        told.entities.some((entity) => {
          const name = nameOfEntity(entity);
          return (
            entity.kind !== 'artifact' &&
            name !== name?.toLowerCase() &&
            arnOfEntity(entity).endsWith(`/${name?.toLowerCase()}`)
          );
        }),
    ],
    [
      'things changed after they were made',
      () => told.entities.some((entity) => entity.LastModifiedTime > entity.CreationTime),
    ],
    [
      'things made in one millisecond',
      () => Math.max(...countBy(told.entities.map(({ CreationTime }) => CreationTime)).values()) > 9,
    ],
    ['CreatedBy of a Studio user', () => told.entities.some(({ CreatedBy }) => CreatedBy?.UserProfileName)],
    [
      'CreatedBy empty',
      () => told.entities.some(({ CreatedBy }) => CreatedBy && Object.keys(CreatedBy).length === 0),
    ],
    ['CreatedBy absent', () => told.entities.some(({ CreatedBy }) => CreatedBy === undefined)],
    [
      'metadata properties',
      () =>
        artifacts.some(
          ({ MetadataProperties: m }) => m?.CommitId && m.Repository && m.GeneratedBy && m.ProjectId,
        ),
    ],
    ['metrics', () => components.some(({ Metrics }) => (Metrics ?? []).length > 1)],
    [
      'metrics that are no finite number',
      () => components.some(({ Metrics = [] }) => Metrics.some(({ Last }) => Number.isNaN(Last))),
    ],
    [
      'parameters that are no finite number',
      () =>
        parameters.some(([, { NumberValue }]) => NumberValue !== undefined && !Number.isFinite(NumberValue)),
    ],
    ['experiment runs', () => components.some(({ RunName }) => RunName)],
    ['properties of data', () => artifacts.some(({ Properties }) => Properties?.rows)],
    ['tags of data', () => artifacts.some(({ Tags }) => Tags?.team)],
    [
      'input and output artifacts',
      () => components.some(({ InputArtifacts, OutputArtifacts }) => InputArtifacts && OutputArtifacts),
    ],
    [
      'pipeline execution tags',
      () => components.some(({ Tags }) => Tags?.['sagemaker:pipeline-execution-arn']),
    ],
    [
      'a link to an experiment',
      () => associations.some(({ DestinationArn }) => kindOfArn(DestinationArn) === 'experiment'),
    ],
    ['a foreign source', () => associations.some(({ SourceArn }) => !isLocal(SourceArn))],
    ['a foreign destination', () => associations.some(({ DestinationArn }) => !isLocal(DestinationArn))],
    [
      'a foreign end without a type',
      () => associations.some(({ DestinationType }) => DestinationType === null),
    ],
    [
      'twins of one id in two accounts',
      () =>
        associations.some(
          ({ SourceArn, DestinationArn, AssociationType }) =>
            AssociationType === 'SameAs' &&
            SourceArn !== DestinationArn &&
            SourceArn.split('/')[1] === DestinationArn.split('/')[1],
        ),
    ],
    [
      'a dataset used twenty times or more',
      () =>
        artifacts.some(
          ({ ArtifactArn, ArtifactType }) =>
            ArtifactType === 'DataSet' && (outOf.get(ArtifactArn) ?? 0) >= 20,
        ),
    ],
    [
      'a tuning job of a hundred components',
      () =>
        Math.max(
          ...countBy(
            components.flatMap(
              ({ TrialComponentName }) =>
                /^(.*)-\d{3}-[^-]{8}-aws-training-job$/.exec(TrialComponentName)?.[1] ?? [],
            ),
          ).values(),
        ) >= 100,
    ],
  ])('%s', (_, holds) => expect(holds()).toBe(true));

  test('lineage deeper than ten hops, the shortest way', () => {
    const ancestors = ancestorsOf(
      associations.map(({ SourceArn, DestinationArn }) => ({ from: SourceArn, to: DestinationArn })),
    );
    const depths = told.entities.map((entity) => Math.max(0, ...ancestors(arnOfEntity(entity)).values()));
    expect(Math.max(...depths)).toBeGreaterThan(10);
  });

  test('a cycle within the account, and one through another account', () => {
    const steps = associations.map(({ SourceArn, DestinationArn }) => ({
      from: SourceArn,
      to: DestinationArn,
    }));
    const local = ancestorsOf(steps.filter(({ from, to }) => isLocal(from) && isLocal(to)));
    const all = ancestorsOf(steps);
    const inLocalCycle = [...arns].filter((arn) => local(arn).has(arn));
    expect(inLocalCycle.length).toBeGreaterThan(2);
    expect([...arns].some((arn) => all(arn).has(arn) && !inLocalCycle.includes(arn))).toBe(true);
  });
});

describe('in 50,000 entities', () => {
  const started = performance.now();
  const told = tell({ entities: 50_000, seed: 11 });
  const seconds = (performance.now() - started) / 1000;
  const records = told.entities.length + told.associations.length + told.memberships.length;

  test('every kind has its share, and trial components and artifacts most', () => {
    console.info(`generator: ${Math.round(records / seconds)} records/s`);
    const shares = countBy(told.entities.map(({ kind }) => kind));
    const share = (kind: EntityRecord['kind']) => (shares.get(kind) ?? 0) / 50_000;
    expect(share('artifact')).toBeGreaterThan(0.35);
    expect(share('trial_component')).toBeGreaterThan(0.3);
    expect(share('action')).toBeGreaterThan(0.02);
    expect(share('trial')).toBeGreaterThan(0.015);
    expect(share('context')).toBeGreaterThan(0.005);
    expect(share('experiment')).toBeGreaterThan(0.001);
  });

  test('use is heavy-tailed: a hundredth of all images and datasets has most of the uses, most have few', () => {
    const uses = countBy(told.associations.map(({ SourceArn }) => SourceArn));
    const degrees = ofKind(told, 'artifact')
      .filter(({ ArtifactType }) => ['Image', 'DataSet'].includes(ArtifactType))
      .map(({ ArtifactArn }) => uses.get(ArtifactArn) ?? 0)
      .sort((a, b) => b - a);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    expect(sum(degrees.slice(0, Math.ceil(degrees.length / 100)))).toBeGreaterThan(sum(degrees) / 2);
    expect(degrees[0]).toBeGreaterThan(1000);
    expect(degrees[degrees.length >> 1]).toBeLessThan(4);
  });

  test('runs that overlap, as nightly ones do, still make no association older than its ends', () => {
    const createdAt = new Map(told.entities.map((entity) => [arnOfEntity(entity), entity.CreationTime]));
    const older = told.associations.filter(({ SourceArn, DestinationArn, CreationTime }) =>
      [SourceArn, DestinationArn].some((arn) => (createdAt.get(arn) ?? 0) > CreationTime),
    );
    expect(older).toEqual([]);
  });

  test('the longest lineage is deeper than 40 hops', () => {
    const ancestors = ancestorsOf(
      told.associations.map(({ SourceArn, DestinationArn }) => ({ from: SourceArn, to: DestinationArn })),
    );
    const snapshots = ofKind(told, 'artifact').filter(({ Source }) =>
      Source.SourceUri.endsWith('/snapshot=0048'),
    );
    expect(snapshots.length).toBeGreaterThan(0);
    for (const { ArtifactArn } of snapshots) {
      expect(Math.max(...ancestors(ArtifactArn).values())).toBeGreaterThan(40);
    }
  });
});

/** What a record names that has to be in the account before it. */
function namesOf(record: AccountRecord): readonly string[] {
  switch (record.kind) {
    case 'association':
      return [record.SourceArn, record.DestinationArn].filter(isLocal);
    case 'membership':
      return [`trial ${record.TrialName}`, `trial_component ${record.TrialComponentName}`];
    case 'trial':
      return [`experiment ${record.ExperimentName}`];
    default:
      return [];
  }
}

function isLocal(arn: string): boolean {
  return arn.includes(':123456789012:');
}

function countBy<Value>(values: readonly Value[]): Map<Value, number> {
  const counts = new Map<Value, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function digest(options: GeneratorOptions): string {
  const hash = createHash('sha256');
  for (const record of generateLineage(options)) hash.update(`${JSON.stringify(record)}\n`);
  return hash.digest('hex');
}
