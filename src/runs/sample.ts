import {
  AddAssociationCommand,
  CreateActionCommand,
  CreateArtifactCommand,
  CreateContextCommand,
  DescribeActionCommand,
  DescribeContextCommand,
  ListArtifactsCommand,
  ListTagsCommand,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import type { CrawlClients } from '../crawl/clients.ts';
import { countListing } from '../crawl/count-listing.ts';
import { listingRows } from '../crawl/listings.ts';
import { LineageError } from '../errors.ts';
import {
  changeError,
  DELETED_KINDS,
  type DeletedEntity,
  deleteEntity,
  sendOptions,
} from './delete-lineage.ts';
import { quotaNotes } from './quotas.ts';
import { type Sample, type SampleEntity, sampleSuffix } from './sample-workflow.ts';

/** The tag of every entity of a sample; its value is the sample's id. */
const SAMPLE_TAG = 'smlineage-sample';

type SampleProgress = { readonly done: number; readonly of: number };

type CreateOptions = {
  /** Paced: see `writingClient`. */
  readonly writer: SageMakerClient;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SampleProgress) => void;
};

export type CreatedSample = {
  readonly id: string;
  /** Of those, some may have been there from a creation that was cut short. */
  readonly entities: readonly { readonly name: string; readonly arn: string }[];
  readonly associations: number;
};

/**
 * Creates a sample in an account, each entity tagged. What is there already from the same sample stays as it is.
 *
 * @throws LineageError where SageMaker refuses, or where an entity of that name or source belongs to somebody else
 */
export async function createSample(sample: Sample, options: CreateOptions): Promise<CreatedSample> {
  const { writer, signal, onProgress } = options;
  const of = sample.entities.length + sample.associations.length;
  const arns = new Map<string, string>();
  const entities: { name: string; arn: string }[] = [];
  for (const entity of sample.entities) {
    const arn = await createEntity(writer, sample.id, entity, signal);
    arns.set(entity.key, arn);
    entities.push({ name: entity.name, arn });
    onProgress?.({ done: entities.length, of });
  }
  for (const [index, { from, to, type }] of sample.associations.entries()) {
    const ends = { SourceArn: arns.get(from), DestinationArn: arns.get(to) };
    const command = new AddAssociationCommand({ ...ends, AssociationType: type });
    await writer.send(command, sendOptions(signal)).catch((error: unknown) => {
      if (!isTaken(error)) throw changeError(error, `AddAssociation of ${from} to ${to}`, signal);
    });
    onProgress?.({ done: entities.length + index + 1, of });
  }
  return { id: sample.id, entities, associations: sample.associations.length };
}

const QUOTED = [...DELETED_KINDS, 'association'] as const;

/**
 * A sentence for each quota that the account may be near to once it holds the sample, too: from some eight calls a listing. None
 * of a listing that the caller may not see.
 *
 * @throws LineageError, see `readPages`
 */
export async function sampleNotes(
  { entities, associations }: Sample,
  { clients, signal }: Pick<DeleteOptions, 'clients' | 'signal'>,
): Promise<readonly string[]> {
  const counts: Partial<Record<(typeof QUOTED)[number], number | null>> = {};
  for (const kind of QUOTED) {
    const own = kind === 'association' ? associations : entities.filter((entity) => entity.kind === kind);
    const count = await countListing(kind, clients, signal === undefined ? {} : { signal }).catch(
      (error: unknown) => {
        if (error instanceof LineageError && error.outcome === 'accessDenied') return undefined;
        throw error;
      },
    );
    counts[kind] = count === undefined ? null : count.records + own.length;
  }
  const none = { artifact: null, context: null, action: null, association: null };
  return quotaNotes({ ...none, ...counts }, { isEstimate: true });
}

type DeleteOptions = CreateOptions & {
  readonly clients: CrawlClients;
  readonly dryRun?: boolean;
};

export type DeletedSample = { readonly id: string; readonly entities: readonly string[] };

/**
 * Deletes the entities of a sample, with their associations: those whose name and tag both say that they are of it. Done
 * again, it goes on with what is left.
 *
 * @throws LineageError where a listing fails or SageMaker refuses
 */
export async function deleteSample(id: string, options: DeleteOptions): Promise<DeletedSample> {
  const { writer, signal, onProgress, dryRun = false } = options;
  const entities: DeletedEntity[] = [];
  for (const found of await namedLikeSample(id, options)) {
    if (await isTagged(writer, found.arn, id, signal)) entities.push(found);
  }
  for (const [index, entity] of dryRun ? [] : entities.entries()) {
    await deleteEntity(writer, entity, signal);
    onProgress?.({ done: index + 1, of: entities.length });
  }
  return { id, entities: entities.map(({ arn }) => arn) };
}

async function namedLikeSample(
  id: string,
  { clients, signal }: DeleteOptions,
): Promise<readonly DeletedEntity[]> {
  const suffix = sampleSuffix(id);
  const found: DeletedEntity[] = [];
  for (const kind of DELETED_KINDS) {
    for await (const rows of listingRows(kind, clients, signal === undefined ? {} : { signal })) {
      for (const row of rows) {
        const name = 'name' in row.cells ? row.cells.name : undefined;
        if (name?.endsWith(suffix) === true) found.push({ kind, arn: row.id });
      }
    }
  }
  return found;
}

async function isTagged(
  client: SageMakerClient,
  arn: string,
  id: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const { Tags = [] } = await client.send(new ListTagsCommand({ ResourceArn: arn }), sendOptions(signal));
    return Tags.some(({ Key, Value }) => Key === SAMPLE_TAG && Value === id);
  } catch (error) {
    // Gone since it was listed.
    if (error instanceof Error && error.name.startsWith('ResourceNotFound')) return false;
    throw changeError(error, `ListTags of ${arn}`, signal);
  }
}

async function createEntity(
  client: SageMakerClient,
  id: string,
  entity: SampleEntity,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    return required(await sendCreation(client, id, entity, signal), entity);
  } catch (error) {
    if (!isTaken(error)) throw changeError(error, `The creation of ${entity.kind} ${entity.name}`, signal);
  }
  const arn = required(await existing(client, entity, signal), entity);
  if (await isTagged(client, arn, id, signal)) return arn;
  throw new LineageError('usage', `${arn} is there already, and is not of sample ${id}.`, {
    hint: 'Give the sample another --id.',
    details: { arn },
  });
}

async function sendCreation(
  client: SageMakerClient,
  id: string,
  { kind, name, type, sourceUri, properties }: SampleEntity,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const given = {
    Source: { SourceUri: sourceUri },
    Tags: [{ Key: SAMPLE_TAG, Value: id }],
    ...(properties === undefined ? {} : { Properties: properties }),
  };
  const options = sendOptions(signal);
  switch (kind) {
    case 'context': {
      const command = new CreateContextCommand({ ...given, ContextName: name, ContextType: type });
      return (await client.send(command, options)).ContextArn;
    }
    case 'action': {
      const command = new CreateActionCommand({ ...given, ActionName: name, ActionType: type });
      return (await client.send(command, options)).ActionArn;
    }
    case 'artifact': {
      const command = new CreateArtifactCommand({ ...given, ArtifactName: name, ArtifactType: type });
      return (await client.send(command, options)).ArtifactArn;
    }
  }
}

/** The ARN of what stands where an entity was to be created. */
async function existing(
  client: SageMakerClient,
  { kind, name, sourceUri }: SampleEntity,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const options = sendOptions(signal);
  switch (kind) {
    case 'context':
      return (await client.send(new DescribeContextCommand({ ContextName: name }), options)).ContextArn;
    case 'action':
      return (await client.send(new DescribeActionCommand({ ActionName: name }), options)).ActionArn;
    case 'artifact': {
      const command = new ListArtifactsCommand({ SourceUri: sourceUri });
      return (await client.send(command, options)).ArtifactSummaries?.[0]?.ArtifactArn;
    }
  }
}

/** SageMaker has no error of its own for it; AWS's Python SDK tells it by these words too. */
function isTaken(error: unknown): boolean {
  return (
    error instanceof Error && error.name === 'ValidationException' && /already exists/.test(error.message)
  );
}

function required(arn: string | undefined, { kind, name }: SampleEntity): string {
  if (arn !== undefined) return arn;
  throw new LineageError('unexpected', `SageMaker gave no ARN for ${kind} ${name}.`, {
    hint: 'Run the command again.',
  });
}
