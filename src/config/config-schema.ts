import { z } from 'zod';
import { LineageError } from '../errors.ts';
import { ALL_KINDS } from '../graph/kinds.ts';
import { parsePromotion } from '../graph/promotion.ts';
import type { Scope } from '../graph/scope.ts';

/*
 * What a configuration file may hold. Members are called as the flags that they stand for, and take what these take: a list as an
 * array, a number as a number, a switch as true or false. The message of every rule is what was expected.
 */

const ACCOUNT = /^\d{12}$/;
/** Regions of all partitions: us-east-1, us-gov-west-1, cn-north-1, eusc-de-east-1. */
const REGION = /^[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}$/;
/** IAM API reference, CreateRole: RoleName of up to 64, Path of up to 512 characters. */
const ROLE_ARN = /^arn:aws[a-z0-9-]*:iam::\d{12}:role\/(?:[!-~]{1,510}\/)?[\w+=,.@-]{1,64}$/;
/** STS API reference, AssumeRole: ExternalId, RoleSessionName. */
const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/;
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;
/** S3 user guide, "General purpose bucket naming rules". */
const S3_URI = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/.*)?$/;
/** What `neptuneEndpoint` takes: a host, host:port, or either as a URL. */
const ENDPOINT = /^(?:https?:\/\/)?(?:[A-Za-z0-9_.-]+|\[[\da-fA-F:]+\])(?::\d{1,5})?\/?$/;
const DURATION = /^\d+[smh]$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;
const SHARE = /^(?:\d{1,2}(?:\.\d+)?|100(?:\.0+)?)%$/;
/** What stands between commas: neither a comma nor space at its ends. */
const ITEM = /^[^\s,](?:[^,]*[^\s,])?$/;

const PROMOTION = 'a key of a column that holds a map, such as properties.team or parameters.lr';
const NUMBER_OR_ALL = 'a whole number, or "all"';
const SHARE_OR_NUMBER = 'a whole number such as 500, or a share such as "5%"';
const TIME = 'a time such as 2026-11-01 or 2026-11-01T04:00:00Z';

const account = matching(ACCOUNT, 'an account id: a text of twelve digits');
const region = matching(REGION, 'an AWS Region such as us-east-1');
const roleArn = matching(ROLE_ARN, 'the ARN of an IAM role such as arn:aws:iam::123456789012:role/name');
const moment = matching(MOMENT, TIME).refine((text) => !Number.isNaN(Date.parse(text)), TIME);
const duration = matching(DURATION, 'a duration such as 90s, 30m or 12h');

const promotion = item(PROMOTION).refine(isPromotion, PROMOTION);

const role = z
  .strictObject(
    {
      arn: roleArn.describe('The role to assume in that account.'),
      externalId: matching(EXTERNAL_ID, 'a text of 2 to 1224 letters, digits and _+=,.@:/-')
        .describe('What the trust policy of the role asks for. It is never printed.')
        .exactOptional(),
      sessionName: matching(SESSION_NAME, 'a text of 2 to 64 letters, digits and _+=,.@-')
        .describe('What CloudTrail of that account shows.')
        .exactOptional(),
    },
    'an object with arn, and perhaps externalId and sessionName',
  )
  .describe("The role to assume for it. Without one, the caller's own credentials.");

const scopedAccount = z.strictObject(
  {
    account: account.describe('The account that this must turn out to be.').exactOptional(),
    role: role.exactOptional(),
    regions: atLeastOne(region, 'an array of AWS Regions, at least one').describe(
      'Each Region is a scope of its own.',
    ),
  },
  'an object with regions, and perhaps account and role',
);

/** What the file may say, member by member: those of flags, in the order of `config show`. */
const members = {
  region: region.describe('AWS Region: of the account, the bucket and the cluster.'),
  profile: someText('the name of a profile').describe('Profile of the shared AWS configuration.'),
  scopes: atLeastOne(scopedAccount, 'an array of accounts, at least one').describe(
    'Accounts and Regions that export and sync copy. Without it, one: the account of the credentials, in region.',
  ),
  out: someText('a directory').describe('Directory that holds the runs.'),
  concurrency: whole(1, 100).describe('Shards crawled at the same time.'),
  maxRps: z
    .number('a number above 0')
    .positive('a number above 0')
    .describe('Requests a second of each operation, at most.'),
  associations: oneOf(['sweep', 'per-node']).describe('Ask for all at once, or entity by entity.'),
  verify: whole(0).describe('Ask for the associations of so many entities again, and compare.'),
  detail: oneOf(['summary', 'full']).describe(
    'What the listings give, or all that SageMaker knows of each entity.',
  ),
  tags: flag().describe('With full detail: ask for tags too.'),
  promote: atLeastOne(promotion, 'an array of keys such as properties.team').describe(
    'With full detail: keys with a column of their own.',
  ),
  linkTwins: flag().describe('With several accounts: join artifacts that two of them have in common.'),
  kinds: atLeastOne(oneOf(ALL_KINDS), `an array of kinds: ${ALL_KINDS.join(', ')}`).describe(
    'Only these kinds.',
  ),
  types: atLeastOne(item('a type such as Model'), 'an array of types such as Model').describe(
    'Only entities of these types.',
  ),
  createdAfter: moment.describe('Only entities created then or later.'),
  createdBefore: moment.describe('Only entities created before.'),
  sourceUriPrefix: someText('the beginning of a URI').describe('Only entities whose source URI begins so.'),
  gzip: flag().describe('Compress the CSV files of the graph.'),
  deadline: duration.describe('Stop an export, or give up a sync, after so long.'),
  to: matching(S3_URI, 'a bucket and prefix such as s3://my-bucket/lineage').describe(
    'Bucket and prefix of runs, state and lease.',
  ),
  sse: oneOf(['AES256', 'aws:kms']).describe('How S3 encrypts the objects.'),
  sseKmsKeyId: someText('the id, ARN or alias of a key').describe('Key of AWS KMS, with sse aws:kms.'),
  expectedBucketOwner: account.describe('Account that the bucket must belong to.'),
  endpoint: matching(ENDPOINT, 'a Neptune endpoint: host, host:port or URL').describe(
    'Writer endpoint of the Neptune cluster.',
  ),
  role: roleArn.describe('IAM role of the cluster that may read the bucket: the load role.'),
  cluster: someText('the identifier of a cluster').describe('Identifier of the cluster.'),
  parallelism: oneOf(['LOW', 'MEDIUM', 'HIGH', 'OVERSUBSCRIBE']).describe(
    'Share of the cluster that a load may take.',
  ),
  verifySample: z
    .union([whole(0, undefined, NUMBER_OR_ALL), z.literal('all')], NUMBER_OR_ALL)
    .describe('Compare so many vertices and so many edges whole.'),
  allowMore: flag().describe('Bear what the graph holds beyond a run: others share it.'),
  graph: someText('a run directory or a Neptune endpoint').describe('What questions are asked of.'),
  delete: flag().describe('Remove what is gone from the account.'),
  tombstone: flag().describe('Mark what is gone, in place of removing it.'),
  maxDelete: z
    .union([whole(0, undefined, SHARE_OR_NUMBER), matching(SHARE, SHARE_OR_NUMBER)], SHARE_OR_NUMBER)
    .describe('Refuse to remove more vertices, or more edges, at once.'),
  lease: duration.describe('How long a sync that died keeps others out.'),
  metrics: oneOf(['emf']).describe('Print metrics to stdout, for CloudWatch to read from the log.'),
  logFormat: oneOf(['text', 'json']).describe('Form of the log on stderr.'),
};

export const configSchema = z.strictObject(
  {
    $schema: z.string('a text').describe('For editors; not read.').exactOptional(),
    ...(Object.fromEntries(
      Object.entries(members).map(([key, member]) => [key, (member as z.ZodType).exactOptional()]),
    ) as { readonly [Key in keyof typeof members]: z.ZodExactOptional<(typeof members)[Key]> }),
  },
  'an object',
);

/** A configuration file, as it is written. */
export type Config = z.infer<typeof configSchema>;

/** A member of the file that stands for a flag, or `scopes`. */
export type ConfigKey = keyof typeof members;

export const CONFIG_KEYS = Object.keys(members) as readonly ConfigKey[];

/** One {@link Scope} for each Region of each account, in the order of the file. */
export function scopesOf({ scopes = [] }: Pick<Config, 'scopes'>): readonly Scope[] {
  return scopes.flatMap(({ regions, ...where }) => regions.map((of) => ({ ...where, region: of })));
}

/** The JSON Schema (draft 2020-12) of the file, as published in docs/schema/config.schema.json. */
export function configJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(configSchema);
  return { $schema, title: 'The configuration of smlineage', ...schema };
}

function isPromotion(text: string): boolean {
  try {
    parsePromotion(text);
    return true;
  } catch (error) {
    if (error instanceof LineageError) return false;
    throw error;
  }
}

function matching(pattern: RegExp, expected: string) {
  return z.string(expected).regex(pattern, expected);
}

function someText(what: string) {
  return matching(/\S/, what);
}

function item(what: string) {
  return matching(ITEM, what);
}

function whole(least: number, most?: number, expected = rangeText(least, most)) {
  const number = z.int(expected).min(least, expected);
  return most === undefined ? number : number.max(most, expected);
}

function rangeText(least: number, most: number | undefined): string {
  return most === undefined
    ? `a whole number of at least ${least}`
    : `a whole number from ${least} to ${most}`;
}

function flag() {
  return z.boolean('true or false');
}

function oneOf<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, `one of ${values.join(', ')}`);
}

function atLeastOne<Item extends z.ZodType>(of: Item, expected: string) {
  return z.array(of, expected).min(1, expected).readonly();
}
