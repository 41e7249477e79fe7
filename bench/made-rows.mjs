import { edgeId } from '../dist/graph/ids.js';

const ACCOUNT = '123456789012';
const REGION = 'us-east-1';

/** A spread of ARNs, so that neighbours in time are none in order. */
export function artifactArn(at) {
  return `arn:aws:sagemaker:${REGION}:${ACCOUNT}:artifact/${((at * 2_654_435_761) % 2 ** 48).toString(16).padStart(32, '0')}`;
}

/** @param cells what this one has besides, or has otherwise */
export function artifactRow(arn, time, cells) {
  return {
    kind: 'artifact',
    id: arn,
    orderMs: time.getTime(),
    cells: {
      arn,
      type: 'DataSet',
      creationtime: time,
      LastModifiedTime: time,
      account: ACCOUNT,
      region: REGION,
      ...cells,
    },
  };
}

export function edgeRow(from, label, to, time) {
  return {
    id: edgeId(from, label, to),
    from,
    to,
    label,
    orderMs: time.getTime(),
    cells: { creationtime: time },
  };
}
