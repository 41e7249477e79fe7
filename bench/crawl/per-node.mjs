import {
  paginateListActions,
  paginateListArtifacts,
  paginateListAssociations,
  paginateListContexts,
  paginateListTrialComponents,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { createMeter } from './meter.mjs';

const CREDENTIALS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'bench' };

/** What AWS's governance notebook lists. */
const LISTINGS = [
  [paginateListArtifacts, ({ ArtifactSummaries }) => ArtifactSummaries.map(({ ArtifactArn }) => ArtifactArn)],
  [
    paginateListTrialComponents,
    ({ TrialComponentSummaries }) =>
      TrialComponentSummaries.map(({ TrialComponentArn }) => TrialComponentArn),
  ],
  [paginateListActions, ({ ActionSummaries }) => ActionSummaries.map(({ ActionArn }) => ActionArn)],
  [paginateListContexts, ({ ContextSummaries }) => ContextSummaries.map(({ ContextArn }) => ContextArn)],
];

/**
 * The notebook's method with the SDK for JavaScript: its four lists at the default page size, then the associations that
 * lead to each entity, entity by entity, as one client with adaptive retries and 20 attempts (the notebook's Config).
 */
export async function work({ url, region }) {
  const { watch, operations } = createMeter();
  const client = watch(
    new SageMakerClient({
      endpoint: url,
      region,
      credentials: CREDENTIALS,
      retryMode: 'adaptive',
      maxAttempts: 20,
    }),
  );
  const listed = new Set();
  for (const [paginate, arnsOf] of LISTINGS) {
    for await (const page of paginate({ client }, {})) for (const arn of arnsOf(page)) listed.add(arn);
  }
  let edges = 0;
  for (const arn of listed) {
    for await (const page of paginateListAssociations({ client }, { DestinationArn: arn })) {
      edges += page.AssociationSummaries.filter(({ SourceArn }) => listed.has(SourceArn)).length;
    }
  }
  client.destroy();
  return { operations, entities: listed.size, edges };
}
