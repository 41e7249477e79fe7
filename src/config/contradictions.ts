import { parseArn } from '../graph/arn.ts';
import type { Config } from './config-schema.ts';
import type { Mistake } from './mistake.ts';

/** Members that are right each by itself, and not together. */
export function contradictions(config: Config): readonly Mistake[] {
  return [...scopeContradictions(config), ...flagContradictions(config)];
}

function scopeContradictions({ scopes = [] }: Config): readonly Mistake[] {
  const places = new Map<string, string>();
  return scopes.flatMap(({ account, role, regions }, at) => {
    const arn = role === undefined ? undefined : parseArn(role.arn);
    const owner = arn?.account;
    const ofAnother =
      account !== undefined && owner !== undefined && account !== owner
        ? [
            {
              path: `scopes[${at}].role.arn`,
              expected: `a role of account ${account}`,
              found: `one of account ${owner}`,
            },
          ]
        : [];
    return [
      ...ofAnother,
      ...regions.flatMap((region, index) => {
        const path = `scopes[${at}].regions[${index}]`;
        const key = `${account ?? owner ?? ''} ${region}`;
        const first = places.get(key);
        if (first === undefined) places.set(key, path);
        return [
          ...(first === undefined
            ? []
            : [{ path, expected: 'each account and Region once', found: `${region} again, as in ${first}` }]),
          ...otherPartition(path, region, arn?.partition),
        ];
      }),
    ];
  });
}

/** A role of one partition has no credentials in the Regions of another (IAM user guide, "Amazon Resource Names"). */
function otherPartition(path: string, region: string, partition: string | undefined): readonly Mistake[] {
  const [, of = 'aws'] = PARTITIONS.find(([prefix]) => region.startsWith(prefix)) ?? [];
  if (partition === undefined || of === partition) return [];
  return [
    { path, expected: `a Region of the partition ${partition}, as the role`, found: `${region}, of ${of}` },
  ];
}

const PARTITIONS = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-isof-', 'aws-iso-f'],
  ['us-isob-', 'aws-iso-b'],
  ['us-iso-', 'aws-iso'],
  ['eu-isoe-', 'aws-iso-e'],
  ['eusc-', 'aws-eusc'],
] as const;

function flagContradictions(config: Config): readonly Mistake[] {
  const { detail, tags, promote, sse, sseKmsKeyId, createdAfter, createdBefore } = config;
  const summary = { expected: 'detail "full" beside it', found: detail ?? 'no detail' };
  return [
    ...(config.delete === true && config.tombstone === true
      ? [{ path: 'tombstone', expected: 'delete or tombstone', found: 'both' }]
      : []),
    ...(tags === true && detail !== 'full' ? [{ path: 'tags', ...summary }] : []),
    ...(promote !== undefined && detail !== 'full' ? [{ path: 'promote', ...summary }] : []),
    ...(sseKmsKeyId !== undefined && sse !== 'aws:kms'
      ? [{ path: 'sseKmsKeyId', expected: 'sse "aws:kms" beside it', found: sse ?? 'no sse' }]
      : []),
    ...(createdAfter !== undefined &&
    createdBefore !== undefined &&
    momentMs(createdAfter) >= momentMs(createdBefore)
      ? [
          {
            path: 'createdBefore',
            expected: `a time after createdAfter, ${createdAfter}`,
            found: createdBefore,
          },
        ]
      : []),
  ];
}

/** UTC is meant where no zone is given, as on the command line. */
function momentMs(text: string): number {
  return Date.parse(/T.*(?:Z|[+-]\d{2}:\d{2})$/.test(text) || !text.includes('T') ? text : `${text}Z`);
}
