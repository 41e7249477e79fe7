import {
  DeleteActionCommand,
  DeleteArtifactCommand,
  DeleteAssociationCommand,
  DeleteContextCommand,
  ListAssociationsCommand,
  SageMakerClient,
  type SageMakerClientConfig,
} from '@aws-sdk/client-sagemaker';
import { stopError } from '../crawl/errors.ts';
import { limitRate } from '../crawl/request-rate.ts';
import { LineageError } from '../errors.ts';

/** The kinds that this package deletes. Experiments, trials and trial components tell of jobs that ran: never these. */
export const DELETED_KINDS = ['context', 'action', 'artifact'] as const;

export type DeletedKind = (typeof DELETED_KINDS)[number];

/** An entity to delete, by the ARN that its listing gave. */
export type DeletedEntity = { readonly kind: DeletedKind; readonly arn: string };

type Ends = { readonly from: string; readonly to: string };

/** As many a second as AWS's own notebooks and test helpers dare, times three; SageMaker publishes no number. */
const WRITES_PER_SECOND = 3;

/**
 * A client that creates and deletes at a steady pace, and slows down further where SageMaker throttles.
 *
 * @param maxRps HTTP requests a second. @default 3
 */
export function writingClient(config: SageMakerClientConfig, maxRps = WRITES_PER_SECOND): SageMakerClient {
  const client = new SageMakerClient({ ...config, retryMode: 'adaptive', maxAttempts: 10 });
  limitRate(client, maxRps);
  return client;
}

/** Whether the association was there. @throws LineageError where SageMaker refuses */
export async function deleteAssociation(
  client: SageMakerClient,
  { from, to }: Ends,
  signal?: AbortSignal,
): Promise<boolean> {
  const command = new DeleteAssociationCommand({ SourceArn: from, DestinationArn: to });
  return isDone(
    () => client.send(command, sendOptions(signal)),
    `DeleteAssociation of ${from} to ${to}`,
    signal,
  );
}

/** What became of one entity. */
type Deletion = { readonly wasThere: boolean; readonly associations: number };

/** Associations may still be told of by a refusal after they went: lists and deletes are eventually consistent. */
const TRIES = 5;

/**
 * Deletes an entity with the associations that it has: SageMaker refuses to delete one that has any. What is gone already is
 * no failure, so that a deletion that was cut short is simply asked for again.
 *
 * @throws LineageError where SageMaker refuses
 */
export async function deleteEntity(
  client: SageMakerClient,
  entity: DeletedEntity,
  signal?: AbortSignal,
): Promise<Deletion> {
  let associations = 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const send = () => sendDeletion(client, entity, sendOptions(signal));
      return { wasThere: await isDone(send, `Delete of ${entity.arn}`, signal), associations };
    } catch (error) {
      if (attempt === TRIES || !isRefusedForAssociations(error)) throw error;
      associations += await deleteAssociationsOf(client, entity.arn, signal);
    }
  }
}

async function sendDeletion(
  client: SageMakerClient,
  { kind, arn }: DeletedEntity,
  options: ReturnType<typeof sendOptions>,
): Promise<void> {
  const name = arn.slice(arn.indexOf('/') + 1);
  switch (kind) {
    case 'artifact':
      await client.send(new DeleteArtifactCommand({ ArtifactArn: arn }), options);
      break;
    case 'action':
      await client.send(new DeleteActionCommand({ ActionName: name }), options);
      break;
    case 'context':
      await client.send(new DeleteContextCommand({ ContextName: name }), options);
  }
}

/** From the first page again after each: what was listed is gone, and a token might lead past what moved up. */
async function deleteAssociationsOf(
  client: SageMakerClient,
  arn: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  let deleted = 0;
  for (const end of [{ DestinationArn: arn }, { SourceArn: arn }]) {
    for (let token: string | undefined; ; ) {
      const { AssociationSummaries = [], NextToken } = await client
        .send(new ListAssociationsCommand({ ...end, MaxResults: 100, NextToken: token }), sendOptions(signal))
        .catch((error: unknown) => {
          throw changeError(error, `ListAssociations of ${arn}`, signal);
        });
      for (const { SourceArn: from, DestinationArn: to } of AssociationSummaries) {
        if (from === undefined || to === undefined) continue;
        if (await deleteAssociation(client, { from, to }, signal)) deleted += 1;
      }
      token = AssociationSummaries.length > 0 ? undefined : NextToken;
      if (AssociationSummaries.length === 0 && token === undefined) break;
    }
  }
  return deleted;
}

/** Whether what was to be done to something was done; false where it is not there. */
async function isDone(
  send: () => Promise<unknown>,
  what: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    signal?.throwIfAborted();
    await send();
    return true;
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('ResourceNotFound')) return false;
    throw changeError(error, what, signal);
  }
}

/**
 * An error of a call that changes an account, as one that the user can act on.
 *
 * @param what the call and its subject: `DeleteContext of arn:…`
 */
export function changeError(error: unknown, what: string, signal?: AbortSignal): unknown {
  if (error instanceof LineageError) return error;
  if (signal?.aborted === true) return stopError(signal.reason);
  if (!(error instanceof Error)) return error;
  const isDenied = error.name.startsWith('AccessDenied');
  return new LineageError(
    isDenied ? 'accessDenied' : 'unexpected',
    `${what} failed: ${error.name}: ${error.message}`,
    {
      cause: error,
      hint: isDenied
        ? 'Allow the action in the policy of the caller: docs/permissions.md lists them.'
        : 'Run the command again: it goes on with what is left.',
      details: { error: error.name },
    },
  );
}

/** SageMaker says it as a ValidationException, whose text alone tells it from others. */
function isRefusedForAssociations(error: unknown): boolean {
  return (
    error instanceof LineageError &&
    error.details.error === 'ValidationException' &&
    /associat/i.test(error.message)
  );
}

export function sendOptions(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
