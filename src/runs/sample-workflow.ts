import type { AssociationEdgeType } from '@aws-sdk/client-sagemaker';
import type { DeletedKind } from './delete-lineage.ts';

/** An entity of a sample, to be created. */
export type SampleEntity = {
  readonly kind: DeletedKind;
  /** What the associations of the sample call it. */
  readonly key: string;
  /** Ends in {@link sampleSuffix}, by which a deletion finds it. */
  readonly name: string;
  readonly type: string;
  readonly sourceUri: string;
  readonly properties?: Readonly<Record<string, string>>;
};

/** Entities, and the associations between them: pairs of keys. */
export type Sample = {
  /** Letters, digits and single hyphens. */
  readonly id: string;
  readonly entities: readonly SampleEntity[];
  readonly associations: readonly {
    readonly from: string;
    readonly to: string;
    readonly type?: AssociationEdgeType | undefined;
  }[];
};

/** What the names of all entities of a sample end in. */
export function sampleSuffix(id: string): string {
  return `-smlineage-sample-${id}`;
}

const DATA = 'https://sagemaker-sample-files.s3.amazonaws.com/datasets/image/MNIST';

/**
 * The workflow of AWS's lineage notebook: two files of test data go into a model-building step, a model comes out. Artifacts
 * are one per source URI, so each URI says whose sample it is: those that the notebook itself made are left alone.
 */
export function notebookWorkflow(id: string): Sample {
  const named = (name: string) => `${name}${sampleSuffix(id)}`;
  const file = (path: string) => `${DATA}/${path}?sample=${id}`;
  return {
    id,
    entities: [
      {
        ...{ kind: 'context', key: 'workflow', type: 'MLWorkflow', sourceUri: id },
        ...{ name: named('machine-learning-workflow'), properties: { example: 'true' } },
      },
      {
        ...{ kind: 'action', key: 'build', type: 'ModelBuild', sourceUri: id },
        ...{ name: named('model-build-step'), properties: { Example: 'Metadata' } },
      },
      {
        ...{ kind: 'artifact', key: 'images', type: 'TestData', name: named('mnist-test-images') },
        sourceUri: file('t10k-images-idx3-ubyte.gz'),
      },
      {
        ...{ kind: 'artifact', key: 'labels', type: 'TestLabels', name: named('mnist-test-labels') },
        sourceUri: file('t10k-labels-idx1-ubyte.gz'),
      },
      {
        ...{ kind: 'artifact', key: 'model', type: 'Model', name: named('mnist-model') },
        sourceUri: file('model/tensorflow-training/model.tar.gz'),
      },
    ],
    associations: [
      { from: 'workflow', to: 'build', type: 'AssociatedWith' },
      { from: 'images', to: 'build' },
      { from: 'labels', to: 'build' },
      { from: 'build', to: 'model' },
    ],
  };
}
