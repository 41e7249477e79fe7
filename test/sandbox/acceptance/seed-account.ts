import type {
  AccountRecord,
  ExperimentRecord,
  TrialComponentRecord,
  TrialRecord,
} from '../../../src/sandbox/records.ts';

/*
 * The jobs that the seed notebooks name. SageMaker makes their trial components when the jobs run; no lineage operation
 * can, so the sandbox is started with them.
 */

export const ARN = 'arn:aws:sagemaker:us-east-1:123456789012';
export const EXECUTION_ARN = `${ARN}:pipeline/bertpipeline/execution/jvk06bcbvsxx`;

const PIPELINE = 'pipelines-jvk06bcbvsxx';
const EXPERIMENT = 'Amazon-Customer-Reviews-BERT-Experiment-1608317665';
const TRIAL = 'trial-1608317665';
const SOURCE_TYPES = { training: 'SageMakerTrainingJob', processing: 'SageMakerProcessingJob' } as const;

/** Of the lineage notebook: two steps of a pipeline, and an experiment with one job that was stopped. */
export const SEED_001_RECORDS: readonly AccountRecord[] = [
  job(`${PIPELINE}-processing-v21c4wmlos`, 'processing', '2020-12-29T22:20:00.000Z', {
    'sagemaker:pipeline-execution-arn': EXECUTION_ARN,
    'sagemaker:pipeline-step-name': 'Processing',
  }),
  job(`${PIPELINE}-Train-ja5pJvXyWE`, 'training', '2020-12-29T22:40:00.000Z', {
    'sagemaker:pipeline-execution-arn': EXECUTION_ARN,
    'sagemaker:pipeline-step-name': 'Train',
  }),
  experiment(EXPERIMENT, '2020-12-18T18:54:25.000Z'),
  trial(TRIAL, EXPERIMENT, '2020-12-18T18:54:26.000Z'),
  {
    ...job('tensorflow-training-2020-12-18-18-56-45-812', 'training', '2020-12-18T18:56:48.144Z'),
    DisplayName: 'train',
    Status: {
      PrimaryStatus: 'Stopped',
      Message: 'Status: Stopped, secondary status: Stopped, failure reason: .',
    },
  },
  {
    kind: 'membership',
    TrialName: TRIAL,
    TrialComponentName: 'tensorflow-training-2020-12-18-18-56-45-812-aws-training-job',
  },
];

/** Of the lineage query notebook. */
export const SEED_000_RECORDS: readonly AccountRecord[] = [
  job('workshop-project-train', 'training', '2022-11-01T10:00:00.000Z'),
];

function job(
  name: string,
  type: keyof typeof SOURCE_TYPES,
  time: string,
  tags?: Record<string, string>,
): TrialComponentRecord {
  const component = `${name}-aws-${type}-job`;
  return {
    kind: 'trial_component',
    TrialComponentArn: `${ARN}:experiment-trial-component/${component.toLowerCase()}`,
    TrialComponentName: component,
    Source: { SourceArn: `${ARN}:${type}-job/${name.toLowerCase()}`, SourceType: SOURCE_TYPES[type] },
    Status: { PrimaryStatus: 'Completed' },
    ...born(time),
    ...(tags === undefined ? {} : { Tags: tags }),
  };
}

function experiment(name: string, time: string): ExperimentRecord {
  const ExperimentArn = `${ARN}:experiment/${name.toLowerCase()}`;
  return { kind: 'experiment', ExperimentArn, ExperimentName: name, ...born(time) };
}

function trial(name: string, ExperimentName: string, time: string): TrialRecord {
  const TrialArn = `${ARN}:experiment-trial/${name.toLowerCase()}`;
  return { kind: 'trial', TrialArn, TrialName: name, ExperimentName, ...born(time) };
}

function born(time: string) {
  return { CreationTime: Date.parse(time), LastModifiedTime: Date.parse(time) };
}
