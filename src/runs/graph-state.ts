import type { S3Client } from '@aws-sdk/client-s3';
import { LineageError } from '../errors.ts';
import type { LineageGraph } from '../lineage/graph.ts';
import { asFolder, formatS3Uri, parseS3Uri, under } from '../neptune/s3-uri.ts';
import { whyIncomplete } from './open-run.ts';
import { openRunSource } from './run-source.ts';
import { stateStore } from './state.ts';

type GraphStateOptions = {
  readonly s3: S3Client;
  /** `s3://bucket/prefix`, as `sync --to` takes it. */
  readonly state: string;
  /** Endpoint of the cluster that is asked: the writer's, a reader's, or what leads there. */
  readonly graph: string;
  readonly signal?: AbortSignal | undefined;
};

/**
 * What the state that syncs keep in S3 says of the graph in a cluster: the run that it was last verified to hold, and why it may
 * lack something. A cluster by itself cannot say either.
 *
 * @throws LineageError (usage) where no sync has kept a state there, or one of another cluster; (validationFailed) where it cannot be read
 */
export async function graphState({
  s3,
  state: prefix,
  graph,
  signal,
}: GraphStateOptions): Promise<Pick<LineageGraph, 'run' | 'incompleteReason'>> {
  const folder = asFolder(parseS3Uri(prefix));
  const store = stateStore({ s3, folder });
  const held = await store.read(signal);
  if (held === undefined) {
    throw new LineageError('usage', `There is no ${store.uri}.`, {
      hint: 'Pass the s3://bucket/prefix that `smlineage sync --to` was given.',
      details: { uri: store.uri },
    });
  }
  const { run, attempts } = held.state;
  const [asked, kept] = [graph, held.state.graph].map(clusterOf);
  if (asked !== undefined && kept !== undefined && asked !== kept) {
    throw new LineageError('usage', `${store.uri} is the state of ${held.state.graph}, not of ${graph}.`, {
      hint: 'Ask that cluster, or pass the prefix that this one is synced from.',
      details: { uri: store.uri, of: held.state.graph, given: graph },
    });
  }
  const begun = attempts.map(({ run: attempt, startedAt }) => `${attempt} at ${startedAt}`);
  const unverified =
    begun.length === 0
      ? undefined
      : `the graph may hold a part of what was never verified: a sync began to load run ${begun.join(', ')}`;
  if (run === null) return reasons('no sync has verified the graph yet', unverified);
  const { manifest } = await openRunSource(formatS3Uri(under(folder, `runs/${run}/`)), { s3, signal });
  return { run: { run, finishedAt: manifest.finishedAt }, ...reasons(whyIncomplete(manifest), unverified) };
}

function reasons(...given: readonly (string | undefined)[]): { readonly incompleteReason?: string } {
  const stated = given.filter((reason) => reason !== undefined);
  return stated.length === 0 ? {} : { incompleteReason: stated.join('; ') };
}

/** The cluster of an endpoint of Neptune's own, whichever of its endpoints it is; undefined for a tunnel or a name of the user's. */
function clusterOf(endpoint: string): string | undefined {
  return /(?:^|\/\/)([^.:/]+)\.cluster-(?:ro-|custom-)?([^.]+)\.[^.]+\.neptune\.amazonaws\.com/
    .exec(endpoint)
    ?.slice(1)
    .join('.');
}
