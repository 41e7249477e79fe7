import {
  DescribeActionCommand,
  DescribeArtifactCommand,
  DescribeContextCommand,
  DescribeExperimentCommand,
  DescribeTrialCommand,
  DescribeTrialComponentCommand,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import pLimit from 'p-limit';
import { LineageError } from '../errors.ts';
import { type Arn, arnKey, kindOfArn, parseArn } from '../graph/arn.ts';
import type { Detail } from '../graph/columns.ts';
import type { ListedKind } from '../graph/kinds.ts';
import type { VertexRow } from '../graph/rows.ts';
import { actionRow } from './actions.ts';
import { artifactRow } from './artifacts.ts';
import type { Origin } from './cells.ts';
import type { CrawlClients, DescribeOperation } from './clients.ts';
import { concurrently } from './concurrently.ts';
import { contextRow } from './contexts.ts';
import { detailCells } from './detail-cells.ts';
import { crawlError, isNotFound } from './errors.ts';
import { experimentRow } from './experiments.ts';
import { jointSignal } from './joint-signal.ts';
import { type ListingOptions, watched } from './pages.ts';
import { trialComponentRow } from './trial-components.ts';
import { trialRow } from './trials.ts';

export type DescribeOptions = {
  /**
   * The account and Region that the clients speak for: entities elsewhere are asked for only where SageMaker may share
   * them. @default unknown: every entity is taken for the caller's own
   */
  readonly home?: { readonly account: string; readonly region: string } | undefined;
  /** How much of a reply the vertex holds. @default 'summary' */
  readonly detail?: Detail;
  /** Calls under way at once. @default 8 */
  readonly concurrency?: number;
  /** Answers remembered, the latest asked for. @default 10,000 */
  readonly cacheSize?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called after each HTTP request, those that the SDK repeats included. */
  readonly onCall?: ListingOptions['onCall'];
};

/**
 * What became of the ARNs asked for, each counted once as long as its answer is remembered. `found`; `notFound` by
 * SageMaker; `foreign`: another account's or Region's, and not shared; `denied`: the caller's own, but it may not describe
 * it; `refused`: SageMaker does not take it for an ARN of its own; `otherKind`: no ARN of an entity that can be described.
 */
export type DescribeCounts = Record<
  'found' | 'notFound' | 'foreign' | 'denied' | 'refused' | 'otherKind',
  number
>;

/** An IAM action that the caller lacks on entities of its own account. */
type DescribeDenial = {
  /** `sagemaker:DescribeArtifact` … */
  readonly action: string;
  /** Who was refused, where AWS says it. */
  readonly principal: string | undefined;
  /** The first entity that it was refused for. */
  readonly arn: string;
};

/** An entity that was described; `row.id` may be spelled otherwise than the ARN that was asked for. */
export type Described = { readonly arn: string; readonly row: VertexRow };

export type Describer = {
  /**
   * The vertex of an ARN, equal to the one that a listing would give; undefined where it cannot be had (see `counts`).
   *
   * @throws LineageError (partialExport) where SageMaker still throttles or fails after all attempts; (accessDenied)
   * where it refuses the credentials as such; (interrupted, deadline) where the signal ends the crawl.
   */
  describe(arn: string): Promise<VertexRow | undefined>;
  /** The vertices of those ARNs that can be had, as they come. @throws LineageError, see `describe` */
  describeAll(arns: AsyncIterable<string> | Iterable<string>): AsyncGenerator<Described>;
  readonly counts: Readonly<DescribeCounts>;
  /** One per action. */
  readonly denials: readonly DescribeDenial[];
};

/**
 * Describes entities that no listing gave: those that came into being meanwhile, and other accounts' shared ones. Takes
 * one call per entity. An account shares its lineage as a whole or not at all (Developer Guide, "Amazon SageMaker
 * Cross-Account Lineage Tracking"), so one denial of a kind speaks for all of that kind in that account and Region.
 */
export function createDescriber(clients: CrawlClients, options: DescribeOptions = {}): Describer {
  const { home, detail = 'summary', concurrency = 8, cacheSize = 10_000, onCall } = options;
  const signal = jointSignal(options.signal);
  const limit = pLimit(concurrency);
  const answers = new Map<string, Promise<VertexRow | undefined>>();
  const notShared = new Set<string>();
  const firstOfShare = new Map<string, Gate>();
  const denials = new Map<string, DescribeDenial>();
  const counts: DescribeCounts = {
    found: 0,
    notFound: 0,
    foreign: 0,
    denied: 0,
    refused: 0,
    otherKind: 0,
  };

  async function ask(arn: string): Promise<VertexRow | undefined> {
    const entity = entityOf(arn);
    if (entity === undefined) return lost('otherKind');
    const isForeign = home !== undefined && !isIn(entity.parts, home);
    const share = [entity.kind, entity.parts.account, entity.parts.region].join(' ');
    // By name alone SageMaker would find the caller's own entity of that name.
    if (isForeign && isAskedByName(entity.kind)) return lost('foreign');
    // The first of a share is asked for alone, since one denial answers for all.
    const first = firstOfShare.get(share);
    if (isForeign && first !== undefined) await first.promise;
    if (isForeign && notShared.has(share)) return lost('foreign');
    const own = first === undefined && isForeign ? gate() : undefined;
    if (own !== undefined) firstOfShare.set(share, own);
    try {
      const row = await describeEntity(entity, { client: clients.Describe, detail, signal, onCall });
      if (!isAnswerTo(entity, row)) return lost('notFound');
      counts.found += 1;
      return row;
    } catch (error) {
      const fate = fateOf(error);
      if (fate === undefined) {
        answers.delete(arnKey(arn));
        throw error;
      }
      if (fate !== 'denied') return lost(fate);
      if (!isForeign) {
        const denial = denialOf(error, arn);
        if (!denials.has(denial.action)) denials.set(denial.action, denial);
        return lost('denied');
      }
      notShared.add(share);
      return lost('foreign');
    } finally {
      own?.open();
    }
  }

  function lost(reason: keyof DescribeCounts): undefined {
    counts[reason] += 1;
  }

  function describe(arn: string): Promise<VertexRow | undefined> {
    const key = arnKey(arn);
    const known = answers.get(key);
    answers.delete(key);
    const answer = known ?? limit(() => ask(arn));
    answers.set(key, answer);
    const [oldest] = answers.keys();
    if (answers.size > cacheSize && oldest !== undefined) answers.delete(oldest);
    return answer;
  }

  return {
    describe,
    describeAll: (arns) =>
      concurrently(arns, { concurrency, signal }, async function* (arn) {
        const row = await describe(arn);
        if (row !== undefined) yield { arn, row };
      }),
    counts,
    get denials() {
      return [...denials.values()];
    },
  };
}

/** What others wait for. */
type Gate = { readonly promise: Promise<void>; readonly open: () => void };

function gate(): Gate {
  let open: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

/** An entity as its ARN names it. */
type ArnEntity = Entity & { readonly parts: Arn };

function entityOf(arn: string): ArnEntity | undefined {
  const parts = parseArn(arn);
  const kind = kindOfArn(arn);
  return parts === undefined || kind === undefined ? undefined : { arn, parts, kind, name: parts.resourceId };
}

function isIn(arn: Arn, home: { readonly account: string; readonly region: string }): boolean {
  return arn.account === home.account && arn.region.toLowerCase() === home.region.toLowerCase();
}

/** DescribeExperiment and DescribeTrial take a name; the others take the ARN as well, or only it (their API pages). */
function isAskedByName(kind: ListedKind): boolean {
  return kind === 'experiment' || kind === 'trial';
}

/**
 * Whether the reply is of the entity that was asked for. One that was asked for by name may have any id, since ends of
 * memberships are named, not listed; but it must be of the same account and Region, which the name does not say.
 */
function isAnswerTo({ arn, parts, kind }: ArnEntity, row: VertexRow): boolean {
  if (!isAskedByName(kind)) return arnKey(row.id) === arnKey(arn);
  const answered = parseArn(row.id);
  return answered !== undefined && isIn(answered, parts);
}

/** How the entity is lost to us, where the error says that it is; undefined for an error that must end the crawl. */
export function fateOf(error: unknown): 'notFound' | 'denied' | 'refused' | undefined {
  if (isNotFound(error)) return 'notFound';
  const { error: name } = error instanceof LineageError ? error.details : {};
  if (name === 'ValidationException') return 'refused';
  return typeof name === 'string' && name.startsWith('AccessDenied') ? 'denied' : undefined;
}

function denialOf(error: unknown, arn: string): DescribeDenial {
  const { action, principal } = error instanceof LineageError ? error.details : {};
  return { action: String(action), principal: principal === undefined ? undefined : String(principal), arn };
}

const DESCRIBE_OPERATIONS = {
  artifact: 'DescribeArtifact',
  action: 'DescribeAction',
  context: 'DescribeContext',
  trial_component: 'DescribeTrialComponent',
  experiment: 'DescribeExperiment',
  trial: 'DescribeTrial',
} as const satisfies Record<ListedKind, DescribeOperation>;

type Asking = Pick<DescribeOptions, 'signal' | 'onCall'> & {
  readonly client: SageMakerClient;
  readonly detail: Detail;
};

/** An entity to be described: by its ARN, or by its name where SageMaker takes no ARN. */
export type Entity = { readonly arn: string; readonly name: string; readonly kind: ListedKind };

/** One entity as its Describe operation tells of it. @throws LineageError, see `crawlError` and `fateOf` */
export async function describeEntity(entity: Entity, asking: Asking): Promise<VertexRow> {
  const { signal } = asking;
  const operation = DESCRIBE_OPERATIONS[entity.kind];
  try {
    signal?.throwIfAborted();
    const { row, reply } = await askFor(entity, asking, operation);
    if (asking.detail === 'summary') return row;
    return { ...row, cells: { ...row.cells, ...detailCells(entity.kind, reply) } } as VertexRow;
  } catch (error) {
    throw crawlError(error, { operation, arn: entity.arn, ...(signal === undefined ? {} : { signal }) });
  }
}

/** Asks, and maps the reply as a listing's record: but for the name of its source it has the same members. */
async function askFor(
  { arn, kind, name }: Entity,
  { client, signal, onCall }: Asking,
  operation: DescribeOperation,
): Promise<{ readonly row: VertexRow; readonly reply: object }> {
  const sendOptions = signal === undefined ? {} : { abortSignal: signal };
  const from = ({ $metadata }: { $metadata: { requestId?: string | undefined } }): Origin => ({
    operation,
    page: 1,
    position: 1,
    requestId: $metadata.requestId,
  });
  switch (kind) {
    case 'artifact': {
      const command = watched(new DescribeArtifactCommand({ ArtifactArn: arn }), onCall);
      const reply = await client.send(command, sendOptions);
      return { row: artifactRow(reply, from(reply)), reply };
    }
    case 'action': {
      const command = watched(new DescribeActionCommand({ ActionName: arn }), onCall);
      const reply = await client.send(command, sendOptions);
      return { row: actionRow(reply, from(reply)), reply };
    }
    case 'context': {
      const command = watched(new DescribeContextCommand({ ContextName: arn }), onCall);
      const reply = await client.send(command, sendOptions);
      return { row: contextRow(reply, from(reply)), reply };
    }
    case 'trial_component': {
      const command = watched(new DescribeTrialComponentCommand({ TrialComponentName: arn }), onCall);
      const reply = await client.send(command, sendOptions);
      return {
        row: trialComponentRow({ ...reply, TrialComponentSource: reply.Source }, from(reply)),
        reply,
      };
    }
    case 'experiment': {
      const command = watched(new DescribeExperimentCommand({ ExperimentName: name }), onCall);
      const reply = await client.send(command, sendOptions);
      return { row: experimentRow({ ...reply, ExperimentSource: reply.Source }, from(reply)), reply };
    }
    case 'trial': {
      const command = watched(new DescribeTrialCommand({ TrialName: name }), onCall);
      const reply = await client.send(command, sendOptions);
      return { row: trialRow({ ...reply, TrialSource: reply.Source }, from(reply)), reply };
    }
  }
}
