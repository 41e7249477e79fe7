import { expect, test, vi } from 'vitest';
import { generateLineage } from '../../../src/sandbox/generator/generate-lineage.ts';
import { OPERATIONS } from '../../../src/sandbox/sagemaker/operations.ts';
import { newestFirst } from './newest-first.ts';
import { type Reachable, runPython, runUnittest, startedSandbox } from './python-clients.ts';

// Python takes a second or more to start, many times over, on cores that other tests want too.
vi.setConfig({ testTimeout: 180_000 });

test('the judge of replies finds every kind of defect', async () => {
  const { stderr } = await runUnittest('test_service_model.py');

  expect(stderr).toMatch(/\nRan \d+ tests in .*\n\nOK\n$/);
});

test("botocore's model allows every reply of every SageMaker operation, over a whole generated account", async () => {
  const sandbox = await startedSandbox({ records: generateLineage({ entities: 600, seed: 7 }) });

  const { calls, violations } = await judged(sandbox, 'validate_sagemaker.py');

  expect(violations).toEqual([]);
  expect(Object.keys(calls)).toEqual([...OPERATIONS.keys()].sort());
});

test("botocore's model allows every reply of every S3 operation", async () => {
  const sandbox = await startedSandbox({});

  const { calls, violations } = await judged(sandbox, 'validate_s3.py');

  expect(violations).toEqual([]);
  expect(Object.keys(calls)).toEqual([
    'AbortMultipartUpload',
    'CompleteMultipartUpload',
    'CopyObject',
    'CreateBucket',
    'CreateMultipartUpload',
    'DeleteBucket',
    'DeleteObject',
    'DeleteObjects',
    'GetBucketLocation',
    'GetObject',
    'GetObjectAttributes',
    'HeadBucket',
    'HeadObject',
    'ListBuckets',
    'ListMultipartUploads',
    'ListObjects',
    'ListObjectsV2',
    'ListParts',
    'PutObject',
    'UploadPart',
    'UploadPartCopy',
  ]);
});

test("botocore's model allows every reply of every Neptune operation", async () => {
  const sandbox = await startedSandbox({ gremlin: true });

  const { calls, violations } = await judged(sandbox, 'validate_neptune.py');

  expect(violations).toEqual([]);
  expect(Object.keys(calls)).toEqual([
    'CancelLoaderJob',
    'ExecuteFastReset',
    'ExecuteGremlinQuery',
    'GetEngineStatus',
    'GetLoaderJobStatus',
    'GetPropertygraphSummary',
    'ListLoaderJobs',
    'StartLoaderJob',
  ]);
});

test("boto3's paginators find what the generator made, the newest first, each once", async () => {
  const records = [...generateLineage({ entities: 2_000, seed: 7 })];
  const sandbox = await startedSandbox({ records });

  const found = await runPython(sandbox, 'count_listings.py');

  expect(found).toEqual({
    list_artifacts: newestFirst(records, 'artifact').map(({ ArtifactArn }) => ArtifactArn),
    list_actions: newestFirst(records, 'action').map(({ ActionArn }) => ActionArn),
    list_contexts: newestFirst(records, 'context').map(({ ContextArn }) => ContextArn),
    list_experiments: newestFirst(records, 'experiment').map(({ ExperimentArn }) => ExperimentArn),
    list_trials: newestFirst(records, 'trial').map(({ TrialArn }) => TrialArn),
    list_trial_components: newestFirst(records, 'trial_component').map(
      ({ TrialComponentArn }) => TrialComponentArn,
    ),
    list_associations: newestFirst(records, 'association').map(
      ({ SourceArn, DestinationArn }) => `${SourceArn} ${DestinationArn}`,
    ),
  });
});

/** What test/python/service_model.py found out. */
type Judgement = {
  readonly calls: Readonly<Record<string, number>>;
  readonly violations: readonly unknown[];
};

async function judged(sandbox: Reachable, program: string): Promise<Judgement> {
  return (await runPython(sandbox, program)) as Judgement;
}
