import { expect, test, vi } from 'vitest';
import { artifactId } from '../../../src/sandbox/artifact-id.ts';
import { generateLineage } from '../../../src/sandbox/generator/generate-lineage.ts';
import type { AccountRecord } from '../../../src/sandbox/records.ts';
import { newestFirst } from './newest-first.ts';
import { type Cell, runNotebook, startedSandbox } from './python-clients.ts';
import { ARN, SEED_000_RECORDS, SEED_001_RECORDS } from './seed-account.ts';

// Python takes a second or more to start, many times over, on cores that other tests want too.
vi.setConfig({ testTimeout: 180_000 });

test('the cells of the lineage notebook run with the SageMaker Python SDK, and empty a generated account', async () => {
  const account = [...generateLineage({ entities: 100, seed: 1 })];
  const sandbox = await startedSandbox({ records: [...account, ...SEED_001_RECORDS] });
  const startedAt = Date.now();

  const cells = await runNotebook(sandbox, 'seed_001.py');

  const id = /\d+/.exec(cell(cells, 'unique id').printed?.[0] ?? '')?.[0];
  const context = `machine-learning-workflow-${id}`;
  const action = `model-build-step-${id}`;
  const actionArn = `${ARN}:action/${action}`;
  const contextNames = [context, ...newestFirst(account, 'context').map(({ ContextName }) => ContextName)];
  const actionNames = [action, ...newestFirst(account, 'action').map(({ ActionName }) => ActionName)];
  const artifacts = artifactRows(account);
  expect(cells.map((seen) => withoutNow(seen, startedAt))).toEqual([
    {
      cell: 'set-up: names that the notebook uses and never gives',
      printed: ['lineage-notebook arn:aws:iam::111122223333:role/Lineage us-east-1'],
    },
    { cell: 'unique id', printed: [`Unique id is ${id}`] },
    { cell: 'list contexts', printed: contextNames },
    {
      cell: 'list associations',
      printed: [
        `${action} has an incoming association from ${context}`,
        `${context} has an outgoing association to ${action}`,
      ],
    },
    { cell: 'associate inputs', value: untyped(artifactArn(MNIST.labels), actionArn) },
    { cell: 'associate the model', value: untyped(actionArn, artifactArn(MNIST.model)) },
    {
      cell: 'artifact table',
      value: {
        columns: [
          'ArtifactName',
          'ArtifactArn',
          'ArtifactType',
          'ArtifactSourceUri',
          'CreationTime',
          'LastModifiedTime',
        ],
        rows: artifacts,
      },
    },
    { cell: 'table of a processing job', value: PROCESSING_TABLE },
    { cell: 'table of a training job', value: TRAINING_TABLE },
    { cell: 'list trial components', printed: JSON.stringify(STOPPED_JOB, null, 4).split('\n') },
    { cell: 'table of a trial component', value: table() },
    {
      cell: 'tables of all pipeline steps',
      printed: [
        pythonStep(
          'Processing',
          '22, 20',
          'ProcessingJob',
          'processing-job/pipelines-jvk06bcbvsxx-processing-v21c4wmlos',
        ),
        pythonStep('Train', '22, 40', 'TrainingJob', 'training-job/pipelines-jvk06bcbvsxx-train-ja5pjvxywe'),
      ],
      displayed: [PROCESSING_TABLE, TRAINING_TABLE],
    },
    {
      cell: 'clean up',
      printed: [
        ...contextNames.map((name) => `Deleting context ${name}`),
        ...actionNames.map((name) => `Deleting action ${name}`),
        ...artifacts.map(([name, arn]) => `Deleting artifact ${arn} ${name ?? 'None'}`),
      ],
    },
    { cell: 'set-up: what is left', value: [0, 0, 0, 0] },
  ]);
});

test('the cells of the lineage query notebook run with the SageMaker Python SDK', async () => {
  const sandbox = await startedSandbox({ records: SEED_000_RECORDS });

  const cells = await runNotebook(sandbox, 'seed_000.py');

  const datasets = ['s3://workshop-project/train.csv', 's3://workshop-project/validation.csv'];
  const modelPackage = `${ARN}:model-package/mlops-workshop-model-group/1`;
  expect(cells.map(({ cell, printed = [] }) => [cell, unfolded(printed)])).toEqual([
    ['datasets of the endpoint', pythonList(datasets)],
    ['models of the endpoint', pythonList([modelPackage, 's3://workshop-project/output/model.tar.gz'])],
    [
      'trial components of the endpoint',
      pythonList([`${ARN}:experiment-trial-component/workshop-project-train-aws-training-job`]),
    ],
    ['endpoints and datasets of the model', pythonList(datasets)],
    ['both directions', pythonList([...datasets, 's3://workshop-project/unrelated.csv'])],
    [
      'ascendants and descendants',
      `Ascendant artifacts:\n${pythonList(['s3://workshop-project/output/model.tar.gz', ...datasets])}\nDescendant artifacts:\n[]`,
    ],
  ]);
});

/** The artifacts that the notebook creates. */
const MNIST = {
  images: 'https://sagemaker-sample-files.s3.amazonaws.com/datasets/image/MNIST/t10k-images-idx3-ubyte.gz',
  labels: 'https://sagemaker-sample-files.s3.amazonaws.com/datasets/image/MNIST/t10k-labels-idx1-ubyte.gz',
  model:
    's3://sagemaker-sample-files.s3.amazonaws.com/datasets/image/MNIST/model/tensorflow-training-2020-11-20-23-57-13-077/model.tar.gz',
};

const OUTPUTS = 's3://sagemaker-us-east-1-231218423789/pipelines-jvk06bcbvsxx-2020-12-29-22-19-21-922/output';

/** What its set-up creates, the newest first. */
const JOB_ARTIFACTS = [
  ['Model', 'model.tar.gz'],
  ['Image', '763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.1.0-cpu-py3'],
  ['DataSet', `${OUTPUTS}/bert-train`],
  ['DataSet', `${OUTPUTS}/bert-validation`],
  ['DataSet', `${OUTPUTS}/bert-test`],
  ['DataSet', 'preprocess-scikit-text-to-bert.py'],
] as const;

/* The two tables are, to the letter, what the published notebook shows below these cells. */

const PROCESSING_TABLE = table(
  ['preprocess-scikit-text-to-bert.py', 'Input', 'DataSet', 'ContributedTo', 'artifact'],
  ['s3://...2020-12-29-22-19-21-922/output/bert-test', 'Output', 'DataSet', 'Produced', 'artifact'],
  ['s3://...2-29-22-19-21-922/output/bert-validation', 'Output', 'DataSet', 'Produced', 'artifact'],
  ['s3://...020-12-29-22-19-21-922/output/bert-train', 'Output', 'DataSet', 'Produced', 'artifact'],
);

const TRAINING_TABLE = table(
  ['s3://...2020-12-29-22-19-21-922/output/bert-test', 'Input', 'DataSet', 'ContributedTo', 'artifact'],
  ['s3://...2-29-22-19-21-922/output/bert-validation', 'Input', 'DataSet', 'ContributedTo', 'artifact'],
  ['s3://...020-12-29-22-19-21-922/output/bert-train', 'Input', 'DataSet', 'ContributedTo', 'artifact'],
  ['76310...ws.com/tensorflow-training:2.1.0-cpu-py3', 'Input', 'Image', 'ContributedTo', 'artifact'],
  ['model.tar.gz', 'Output', 'Model', 'Produced', 'artifact'],
);

/** Members in the order in which the AWS CLI prints them, which is that of the API's model. */
const STOPPED_JOB = {
  TrialComponentSummaries: [
    {
      TrialComponentName: 'tensorflow-training-2020-12-18-18-56-45-812-aws-training-job',
      TrialComponentArn: `${ARN}:experiment-trial-component/tensorflow-training-2020-12-18-18-56-45-812-aws-training-job`,
      DisplayName: 'train',
      TrialComponentSource: {
        SourceArn: `${ARN}:training-job/tensorflow-training-2020-12-18-18-56-45-812`,
        SourceType: 'SageMakerTrainingJob',
      },
      Status: {
        PrimaryStatus: 'Stopped',
        Message: 'Status: Stopped, secondary status: Stopped, failure reason: .',
      },
      CreationTime: 1608317808.144,
      CreatedBy: {},
      LastModifiedTime: 1608317808.144,
      LastModifiedBy: {},
    },
  ],
};

function table(...rows: readonly (readonly string[])[]) {
  const columns = ['Name/Source', 'Direction', 'Type', 'Association Type', 'Lineage Type'];
  return { columns, rows };
}

function cell(cells: readonly Cell[], name: string): Cell {
  const found = cells.find((one) => one.cell === name);
  if (found === undefined) throw new Error(`The notebook showed nothing in the cell '${name}'.`);
  return found;
}

/** Rows of the notebook's artifact table: its own artifacts, what its set-up had to create, what the account held. */
function artifactRows(account: readonly AccountRecord[]): (string | null)[][] {
  const held = newestFirst(account, 'artifact');
  const heldUris = new Set(held.map(({ Source }) => Source.SourceUri));
  const created: readonly (readonly [name: string | null, type: string, uri: string])[] = [
    ['mnist-model', 'Model', MNIST.model],
    ['mnist-test-labels', 'TestLabels', MNIST.labels],
    ['mnist-test-images', 'TestData', MNIST.images],
    ...JOB_ARTIFACTS.filter(([, uri]) => !heldUris.has(uri)).map(([type, uri]) => [null, type, uri] as const),
  ];
  return [
    ...created.map(([name, type, uri]) => [name, artifactArn(uri), type, uri, 'now', 'now']),
    ...held.map((artifact) => [
      artifact.ArtifactName ?? null,
      artifact.ArtifactArn,
      artifact.ArtifactType,
      artifact.Source.SourceUri,
      pythonTime(artifact.CreationTime),
      pythonTime(artifact.LastModifiedTime),
    ]),
  ];
}

function artifactArn(uri: string): string {
  return `${ARN}:artifact/${artifactId(uri)}`;
}

/** What `Association.create` gives where no type was named. */
function untyped(source: string, destination: string) {
  return {
    type: 'Association',
    source_arn: source,
    destination_arn: destination,
    association_type: null,
  };
}

/** The cell with `now` for every time since the test started. */
function withoutNow(seen: Cell, startedAt: number): unknown {
  const text = JSON.stringify(seen, (_, value: unknown) =>
    typeof value === 'string' && PYTHON_TIME.test(value) && Date.parse(value) >= startedAt ? 'now' : value,
  );
  return JSON.parse(text);
}

const PYTHON_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/;

function pythonTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '+00:00');
}

function pythonStep(name: string, time: string, type: string, job: string): string {
  const start = `datetime.datetime(2020, 12, 29, ${time}, tzinfo=tzlocal())`;
  return `{'StepName': '${name}', 'StartTime': ${start}, 'StepStatus': 'Succeeded', 'Metadata': {'${type}': {'Arn': '${ARN}:${job}'}}}`;
}

/** A list of texts as Python prints it, on one line. */
function pythonList(texts: readonly string[]): string {
  return `[${texts.map((text) => `'${text}'`).join(', ')}]`;
}

/** pprint folds a long list and goes on with a space. */
function unfolded(lines: readonly string[]): string {
  return lines.join('\n').replaceAll('\n ', ' ');
}
