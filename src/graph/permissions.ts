/** What a permission on SageMaker can be granted on, and what its ARNs call it (Service Authorization Reference). */
const RESOURCE_TYPES = {
  action: 'action',
  artifact: 'artifact',
  context: 'context',
  experiment: 'experiment',
  trial: 'experiment-trial',
  'trial component': 'experiment-trial-component',
  'lineage group': 'lineage-group',
} as const;

/** What a permission is granted on. `entities`: of any kind. */
export type PermissionScope =
  | 'everything'
  | 'entities'
  | keyof typeof RESOURCE_TYPES
  | 'bucket'
  | 'objects'
  | 'key'
  | 'cluster data'
  | 'clusters'
  | 'reader role';

/** The functions of the nightly (cloudformation/nightly.yaml), in the order of their work. */
export const NIGHTLY_FUNCTIONS = [
  ...(['begin', 'plan-shards', 'crawl', 'merge', 'check', 'plan', 'start-load'] as const),
  ...(['poll-load', 'verify', 'remove', 'move-state', 'report'] as const),
] as const;

/** One of the functions of the nightly. */
export type NightlyFunction = (typeof NIGHTLY_FUNCTIONS)[number];

/** One IAM action that somebody needs. */
export type Permission = {
  /** `service:Action`, as IAM policies have it. */
  readonly action: string;
  /** Who needs it: the caller of the command, or the role that the cluster loads with. */
  readonly who: 'caller' | 'load role';
  readonly on: PermissionScope;
  /** The commands that need it, as they are typed. */
  readonly commands: readonly string[];
  /** The functions of the nightly that need it. @default none */
  readonly functions?: readonly NightlyFunction[];
  /** What it is needed for. */
  readonly why: string;
  /** Only then it is needed. */
  readonly when?: string;
  /** Whether `doctor` tries it for these commands: always, with `--deep` alone, or never, since trying would do it. */
  readonly tried: 'always' | 'deep' | 'never';
};

const EXPORTS = ['export', 'sync'];
const UPLOADS = ['upload', 'sync'];
const LOADS = ['load', 'sync'];
/** Whatever takes the lease of a deployment, and moves its state. */
const KEEPS_STATE = ['sync', 'restore', 'migrate'];
const READS_OF_S3 = [
  ...['check', 'upload', 'load', 'verify', 'sync', 'restore', 'migrate', 'unlock'],
  ...['plan', 'diff', 'runs list', 'runs prune', 'drop'],
];
/** All but the one that only reads. */
const WRITE_TO_S3 = NIGHTLY_FUNCTIONS.filter((name) => name !== 'check');
const CLEANUPS = ['purge', 'sample delete'];
const SHARING = ['groups', 'share create', 'share delete'];
const KMS = 'the bucket encrypts with a key of AWS KMS';

/** Listings and the search know no resources. */
const lists = (action: string, why: string, others: readonly string[] = []): Permission => ({
  ...{ action: `sagemaker:${action}`, who: 'caller', on: 'everything', why },
  ...{ commands: [...EXPORTS, ...others], functions: ['crawl'], tried: 'always' },
});

const describes = (
  kind: Exclude<keyof typeof RESOURCE_TYPES, 'lineage group'>,
  others: readonly string[] = [],
): Permission => ({
  action: `sagemaker:Describe${DESCRIBED[kind]}`,
  who: 'caller',
  on: kind,
  commands: [...EXPORTS, ...others],
  // The ends of associations when the run is made; the rest of these three kinds while it is crawled.
  functions: kind === 'artifact' || kind === 'action' || kind === 'context' ? ['crawl', 'merge'] : ['merge'],
  why: 'to describe what stands at an end of an association and no listing gave; with `--detail full`, what was modified',
  tried: 'always',
});

const DESCRIBED = {
  ...{ action: 'Action', artifact: 'Artifact', context: 'Context', experiment: 'Experiment' },
  ...{ trial: 'Trial', 'trial component': 'TrialComponent' },
} as const;

/** What `doctor` does not try: to try it is to do it, or it is no part of the nightly. */
const untried = (
  action: string,
  commands: readonly string[],
  why: string,
  on: PermissionScope = 'everything',
): Permission => ({
  ...{ action, who: 'caller', on, commands, why, tried: 'never' },
});

const onCluster = (
  action: string,
  commands: readonly string[],
  why: string,
  functions: readonly NightlyFunction[] = [],
  tried: Permission['tried'] = 'always',
): Permission => ({
  ...{ action: `neptune-db:${action}`, who: 'caller', on: 'cluster data', commands, functions, why, tried },
});

/**
 * Every IAM action that this package needs, and what for. The page docs/permissions.md, the lines of `doctor` and the
 * policies of templates derive from it. `sts:GetCallerIdentity` is not here: nobody can be denied it.
 */
export const PERMISSIONS: readonly Permission[] = [
  lists('ListArtifacts', 'to list the artifacts', [...CLEANUPS, 'sample create']),
  lists('ListActions', 'to list the actions', [...CLEANUPS, 'sample create']),
  lists('ListContexts', 'to list the contexts', [...CLEANUPS, 'sample create']),
  lists('ListTrialComponents', 'to list the trial components'),
  lists('ListExperiments', 'to list the experiments'),
  lists('ListTrials', 'to list the trials'),
  lists('ListAssociations', 'to list the associations', [...CLEANUPS, 'sample create']),
  lists('Search', 'to tell which trials and experiments an entity belongs to'),
  describes('artifact'),
  describes('action', ['sample create']),
  describes('context', ['sample create']),
  describes('trial component'),
  describes('experiment'),
  describes('trial'),
  {
    ...{ action: 'sagemaker:ListTags', who: 'caller', on: 'entities' },
    commands: ['export --tags', 'sample create', 'sample delete'],
    functions: ['crawl'],
    why: 'to ask for the tags of what Search does not give them of, and whose sample an entity is of',
    tried: 'always',
  },
  {
    ...{ action: 'sts:AssumeRole', who: 'caller', on: 'reader role', commands: EXPORTS },
    functions: ['plan-shards', 'crawl', 'merge'],
    why: 'to read the lineage of other accounts',
    when: 'a scope names a role',
    tried: 'never',
  },
  untried(
    'sagemaker:DeleteAssociation',
    CLEANUPS,
    'to delete associations, before the entities at their ends',
    'entities',
  ),
  untried('sagemaker:DeleteContext', CLEANUPS, 'to delete contexts', 'context'),
  untried('sagemaker:DeleteAction', CLEANUPS, 'to delete actions', 'action'),
  untried('sagemaker:DeleteArtifact', CLEANUPS, 'to delete artifacts', 'artifact'),
  untried('sagemaker:CreateContext', ['sample create'], 'to create contexts', 'context'),
  untried('sagemaker:CreateAction', ['sample create'], 'to create actions', 'action'),
  untried('sagemaker:CreateArtifact', ['sample create'], 'to create artifacts', 'artifact'),
  untried('sagemaker:AddAssociation', ['sample create'], 'to associate them', 'entities'),
  untried('sagemaker:AddTags', ['sample create'], 'to tag what is created as a sample', 'entities'),
  untried('sagemaker:ListLineageGroups', SHARING, 'to find the lineage group'),
  untried('sagemaker:DescribeLineageGroup', ['groups describe'], 'to describe it', 'lineage group'),
  untried('sagemaker:GetLineageGroupPolicy', ['groups policy'], 'to show its policy', 'lineage group'),
  untried('ram:GetResourceShareAssociations', SHARING, 'to tell whom a lineage group is shared with'),
  untried('ram:CreateResourceShare', ['share create'], 'to share it'),
  untried('ram:DisassociateResourceShare', ['share delete'], 'to take it back'),
  untried('ram:GetResourceShares', ['share list', 'share accept'], 'to list what is shared'),
  untried('ram:ListResources', ['share list'], 'to tell shares of lineage from others'),
  untried('ram:GetResourceShareInvitations', ['share list', 'share accept'], 'to find invitations'),
  untried('ram:AcceptResourceShareInvitation', ['share accept'], 'to accept one'),
  {
    ...{ action: 's3:ListBucket', who: 'caller', on: 'bucket', commands: READS_OF_S3, tried: 'always' },
    functions: NIGHTLY_FUNCTIONS,
    why: 'to see what is under a prefix, and to tell what is missing from what is forbidden',
  },
  {
    ...{ action: 's3:ListBucketMultipartUploads', who: 'caller', on: 'bucket', commands: UPLOADS },
    why: 'to throw away what an upload left that was cut short; without it the upload works, and warns',
    tried: 'always',
  },
  {
    ...{ action: 's3:GetObject', who: 'caller', on: 'objects', commands: READS_OF_S3, tried: 'always' },
    functions: NIGHTLY_FUNCTIONS,
    why: 'to read files and manifests, and to compare what S3 holds with what was sent',
  },
  {
    ...{ action: 's3:PutObject', who: 'caller', on: 'objects', tried: 'always' },
    commands: ['upload', ...KEEPS_STATE, 'unlock'],
    functions: WRITE_TO_S3,
    why: 'to send files, whole or in parts, and the state and lease of a sync',
  },
  {
    ...{ action: 's3:AbortMultipartUpload', who: 'caller', on: 'objects', commands: UPLOADS },
    functions: ['crawl', 'merge', 'start-load', 'remove'],
    why: 'to leave no parts behind when an upload fails',
    tried: 'always',
  },
  {
    ...{ action: 's3:DeleteObject', who: 'caller', on: 'objects' },
    commands: [...KEEPS_STATE, 'unlock', 'runs prune', 'doctor --deep'],
    functions: ['report'],
    why: 'to let go of the lease that keeps two syncs apart, to remove old runs and what a sync that died had sent, and the file of the trial load',
    tried: 'deep',
  },
  {
    ...{
      action: 'kms:GenerateDataKey',
      who: 'caller',
      on: 'key',
      commands: ['upload', ...KEEPS_STATE],
      when: KMS,
    },
    functions: WRITE_TO_S3,
    why: 'to encrypt what is sent',
    tried: 'always',
  },
  {
    ...{ action: 'kms:Decrypt', who: 'caller', on: 'key', commands: READS_OF_S3, when: KMS, tried: 'always' },
    functions: NIGHTLY_FUNCTIONS,
    why: 'to read what is encrypted, and to send files in parts',
  },
  onCluster('GetEngineStatus', ['reset', 'doctor'], 'to ask for the engine and its role'),
  onCluster('StartLoaderJob', LOADS, 'to start a load job', ['start-load']),
  onCluster(
    'GetLoaderJobStatus',
    [...LOADS, 'load status', 'load list', 'reset', 'doctor'],
    'to watch a load job to its verdict',
    ['start-load', 'poll-load'],
  ),
  onCluster(
    'ListLoaderJobs',
    [...LOADS, 'load list', 'reset', 'doctor'],
    'to start no load job twice, and to see what is under way',
    ['start-load'],
  ),
  onCluster(
    'CancelLoaderJob',
    ['load cancel', 'sync', 'reset --cancel-loads'],
    'to end a load job, of a sync that is stopped too',
  ),
  onCluster(
    'ReadDataViaQuery',
    ['load', 'verify', ...KEEPS_STATE, 'drop', 'reset', 'gremlin', 'upstream', 'downstream'],
    'to compare the graph with what was sent, and to answer questions, all of them',
    ['plan', 'start-load', 'verify', 'remove'],
  ),
  onCluster(
    'WriteDataViaQuery',
    ['sync', 'restore', 'gremlin'],
    'to correct what a load cannot, and for your own queries',
    ['verify', 'remove'],
  ),
  onCluster(
    'DeleteDataViaQuery',
    ['sync', 'migrate', 'drop', 'gremlin', 'doctor --deep'],
    'to remove what is gone, and the vertex of the trial load',
    ['start-load', 'verify', 'remove'],
  ),
  onCluster('ResetDatabase', ['reset'], 'to wipe the cluster', [], 'never'),
  {
    ...{ action: 'rds:DescribeDBClusters', who: 'caller', on: 'clusters', commands: ['doctor'] },
    why: 'to see whether the load role is attached to the cluster; Neptune shares the actions of its management with RDS',
    tried: 'always',
  },
  {
    ...{ action: 's3:List*', who: 'load role', on: 'bucket', commands: LOADS, tried: 'deep' },
    why: 'to find the files of a load',
  },
  {
    ...{ action: 's3:Get*', who: 'load role', on: 'objects', commands: LOADS, tried: 'deep' },
    why: 'to read them',
  },
  {
    ...{ action: 'kms:Decrypt', who: 'load role', on: 'key', commands: LOADS, when: KMS, tried: 'deep' },
    why: 'to read what is encrypted',
  },
];

/** Every command of the table. */
export const PERMISSION_COMMANDS: readonly string[] = [
  ...new Set(PERMISSIONS.flatMap(({ commands }) => commands)),
].sort();

/** The actions that the caller of these commands needs. */
export function actionsFor(commands: readonly string[]): ReadonlySet<string> {
  const needed = PERMISSIONS.filter(
    ({ who, commands: needing }) => who === 'caller' && needing.some((command) => commands.includes(command)),
  );
  return new Set(needed.map(({ action }) => action));
}

/** What is known of the resources that permissions are granted on; a placeholder stands for the rest. */
export type PermissionResources = {
  readonly partition?: string | undefined;
  readonly region?: string | undefined;
  /** Twelve digits. */
  readonly account?: string | undefined;
  readonly bucket?: string | undefined;
  /** The beginning of keys; with a slash at its end. */
  readonly prefix?: string | undefined;
  /** ARN of the key of AWS KMS. */
  readonly key?: string | undefined;
  /** `cluster-…`, which is not the cluster's identifier (Neptune user guide, "IAM policies for data access": resources). */
  readonly clusterResourceId?: string | undefined;
};

/** The resource of a policy statement that grants a permission. */
export function permissionResource(on: PermissionScope, resources: PermissionResources = {}): string {
  const { partition = 'aws', region = '<region>', account = '<account>', bucket = '<bucket>' } = resources;
  switch (on) {
    case 'everything':
    case 'clusters':
      return '*';
    case 'bucket':
      return `arn:${partition}:s3:::${bucket}`;
    case 'objects':
      return `arn:${partition}:s3:::${bucket}/${resources.prefix ?? ''}*`;
    case 'key':
      return resources.key ?? `arn:${partition}:kms:${region}:${account}:key/<key>`;
    case 'cluster data': {
      const cluster = resources.clusterResourceId ?? '<cluster resource id>';
      return `arn:${partition}:neptune-db:${region}:${account}:${cluster}/*`;
    }
    case 'reader role':
      return `arn:${partition}:iam::<account>:role/smlineage-reader`;
    case 'entities':
      return `arn:${partition}:sagemaker:${region}:${account}:*`;
    default:
      return `arn:${partition}:sagemaker:${region}:${account}:${RESOURCE_TYPES[on]}/*`;
  }
}
