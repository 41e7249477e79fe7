const ARN = 'arn:aws:sagemaker:us-east-1:123456789012';
const BORN = { CreationTime: Date.UTC(2026, 0, 1), LastModifiedTime: Date.UTC(2026, 0, 1) };

const arn = (number) => `${ARN}:artifact/${String(number).padStart(32, '0')}`;

function artifact(number) {
  return {
    kind: 'artifact',
    ArtifactArn: arn(number),
    ArtifactType: 'DataSet',
    Source: { SourceUri: `s3://bench/${number}`, SourceTypes: [] },
    ...BORN,
  };
}

function association(from, to) {
  return {
    kind: 'association',
    SourceArn: arn(from),
    DestinationArn: arn(to),
    AssociationType: 'DerivedFrom',
    CreationTime: BORN.CreationTime,
  };
}

function accountOf(size, pairs) {
  return function* records() {
    for (let number = 0; number < size; number += 1) yield artifact(number);
    for (const [from, to] of pairs) yield association(from, to);
  };
}

function star(descendants) {
  return Array.from({ length: descendants }, (_, index) => [0, index + 1]);
}

function chain(length) {
  return Array.from({ length }, (_, index) => [index, index + 1]);
}

/** Accounts in which a dataset has more below it than one page, or deeper than ten steps. */
export const ACCOUNT_CASES = [
  { title: '51 datasets made from one', records: accountOf(52, star(51)), start: arn(0), truth: 51 },
  {
    title: '5,000 datasets made from one',
    records: accountOf(5_001, star(5_000)),
    start: arn(0),
    truth: 5_000,
  },
  { title: 'a chain of 40', records: accountOf(41, chain(40)), start: arn(0), truth: 40 },
  {
    title: 'a cycle of 20, and 20 behind it',
    records: accountOf(40, [...chain(39), [19, 0]]),
    start: arn(0),
    truth: 39,
  },
];
