import {
  ListActionsCommand,
  ListArtifactsCommand,
  ListAssociationsCommand,
  ListContextsCommand,
  ListExperimentsCommand,
  ListTrialComponentsCommand,
  ListTrialsCommand,
  SageMakerClient,
  SearchCommand,
} from '@aws-sdk/client-sagemaker';
import { createMeter } from './meter.mjs';

const CREDENTIALS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'bench' };

/** What the export lists, the longest first. */
const LISTINGS = [
  [ListAssociationsCommand, {}],
  [SearchCommand, { Resource: 'ExperimentTrialComponent' }],
  [ListArtifactsCommand, {}],
  [ListTrialComponentsCommand, {}],
  [ListActionsCommand, {}],
  [ListContextsCommand, {}],
  [ListTrialsCommand, {}],
  [SearchCommand, { Resource: 'ExperimentTrial' }],
  [ListExperimentsCommand, {}],
];

/**
 * The least that any crawl with the SDK has to do: asks for every page of every listing, or the first few, and looks at
 * none.
 */
export async function work({ url, region, concurrency, pages = Number.POSITIVE_INFINITY }) {
  const { watch, operations } = createMeter();
  const waiting = [...LISTINGS];
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (let listing = waiting.shift(); listing !== undefined; listing = waiting.shift()) {
        // A client each: the SDK's adaptive limiter belongs to the client.
        const client = watch(
          new SageMakerClient({
            endpoint: url,
            region,
            credentials: CREDENTIALS,
            retryMode: 'adaptive',
            maxAttempts: 20,
          }),
        );
        await readPages(client, listing, pages);
        client.destroy();
      }
    }),
  );
  return { operations };
}

async function readPages(client, [Command, input], most) {
  const sorted = { ...input, SortBy: 'CreationTime', SortOrder: 'Ascending', MaxResults: 100 };
  let NextToken;
  for (let page = 0; page < most; page += 1) {
    ({ NextToken } = await client.send(new Command({ ...sorted, NextToken })));
    if (NextToken === undefined) return;
  }
}
