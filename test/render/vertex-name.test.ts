import { expect, test } from 'vitest';
import { shortName } from '../../src/render/vertex-name.ts';

test.each([
  ['pipelines-827x-train-aws-training-job', 'pipelines-827x-train'],
  ['churn-prod-1629675933-aws-endpoint', 'churn-prod-1629675933'],
  ['churn-1-aws-model-package-approval', 'churn-1'],
  ['churn-1-aws-model-package', 'churn-1-aws-model-package'],
  ['-aws-endpoint', '-aws-endpoint'],
  ['my-aws-endpoint-copy', 'my-aws-endpoint-copy'],
])('on a card, %s is %s', (name, short) => {
  expect(shortName(name)).toBe(short);
});
