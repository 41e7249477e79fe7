/** Jobs as QueryLineage calls them. */
export const JOB_TYPES = ['TrainingJob', 'ProcessingJob', 'TransformJob'] as const;

export type JobType = (typeof JOB_TYPES)[number];

/** What a table can be about, as `LineageTableVisualizer.show` calls it (here also a transform job). */
export const TABLE_SUBJECTS = [
  'training-job',
  'processing-job',
  'transform-job',
  'trial-component',
  'model-package',
  'endpoint',
  'artifact',
  'context',
  'action',
  'pipeline-step',
] as const;

export type TableSubject = (typeof TABLE_SUBJECTS)[number];
