import {
  ActionStatus,
  ArtifactSourceIdType,
  AssociationEdgeType,
  BooleanOperator,
  CrossAccountFilterOption,
  Direction,
  LineageType,
  ModelApprovalStatus,
  ModelPackageSortBy,
  ModelPackageType,
  Operator,
  ResourceType,
  SortArtifactsBy,
  SortAssociationsBy,
  SortContextsBy,
  SortOrder,
  TrialComponentPrimaryStatus,
} from '@aws-sdk/client-sagemaker';
import type { NormalizedSchema } from '@smithy/core/schema';

/** What the API asks of a member's value: `min` and `max` bound a number, or the length of text, list or map. */
type Limit = {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly values?: readonly string[];
  /** Of each key of a map. */
  readonly key?: Limit;
  /** Of each item of a list, or value of a map. */
  readonly item?: Limit;
};

const NAME_PATTERN = '[a-zA-Z0-9](-*[a-zA-Z0-9]){0,119}';
const CONTEXT_NAME_PATTERN = '[a-zA-Z0-9]([-_]*[a-zA-Z0-9]){0,119}';
const arnPattern = (resource: string) => `arn:aws[a-z\\-]*:sagemaker:[a-z0-9\\-]*:[0-9]{12}:${resource}`;

const NAME: Limit = { min: 1, max: 120, pattern: NAME_PATTERN };
const NAME_OR_ARN: Limit = {
  min: 1,
  max: 256,
  pattern: `(${arnPattern('(experiment|experiment-trial|experiment-trial-component|artifact|action|context)\\/')})?(${NAME_PATTERN})`,
};
const ENTITY_ARN: Limit = {
  max: 256,
  pattern: arnPattern('(experiment|experiment-trial-component|artifact|action|context)/.*'),
};
const TYPE: Limit = { max: 256 };
const TEXT_1024: Limit = { max: 1024, pattern: '.*' };
const PARAMETER_KEYS: Limit = { item: { max: 256, pattern: '.*' } };
const PROPERTY_TEXT: Limit = { max: 2500, pattern: '.*' };
const PROPERTIES: Limit = { max: 30, key: PROPERTY_TEXT, item: PROPERTY_TEXT };
const ARTIFACT_PROPERTIES: Limit = { ...PROPERTIES, item: { max: 4096, pattern: '.*' } };
const ARTIFACTS: Limit = { max: 60, key: { max: 128, pattern: '.*' } };
const TAG_TEXT = '([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)';
const TAG_KEY: Limit = { min: 1, max: 128, pattern: TAG_TEXT };
const SEARCH_LIST: Limit = { min: 1, max: 20 };
const enumerated = (values: Readonly<Record<string, string>>): Limit => ({ values: Object.values(values) });

/**
 * Limits by member, or by structure and member where one name has several meanings. Source: the API's model
 * (sagemaker 2017-07-24), which the SDK's schemas leave out but for the enums.
 */
const LIMITS: Readonly<Record<string, Limit>> = {
  MaxResults: { min: 1, max: 100 },
  'ListTagsInput.MaxResults': { min: 50 },
  'QueryLineageRequest.MaxResults': { max: 50 },
  NextToken: { max: 8192, pattern: '.*' },
  SortOrder: enumerated(SortOrder),
  SortBy: enumerated(SortContextsBy),
  'ListArtifactsRequest.SortBy': enumerated(SortArtifactsBy),
  'ListAssociationsRequest.SortBy': enumerated(SortAssociationsBy),
  'ListModelPackagesInput.SortBy': enumerated(ModelPackageSortBy),
  'SearchRequest.SortBy': { min: 1, max: 255, pattern: '.+' },

  ArtifactName: NAME,
  ActionName: NAME,
  ContextName: { ...NAME, pattern: CONTEXT_NAME_PATTERN },
  ExperimentName: NAME,
  TrialName: NAME,
  TrialComponentName: NAME,
  DisplayName: NAME,
  LineageGroupName: NAME,
  'DescribeActionRequest.ActionName': NAME_OR_ARN,
  'DescribeContextRequest.ContextName': {
    min: 1,
    max: 256,
    pattern: `(${arnPattern('context\\/')})?(${CONTEXT_NAME_PATTERN})`,
  },
  'DescribeTrialComponentRequest.TrialComponentName': NAME_OR_ARN,
  'GetLineageGroupPolicyRequest.LineageGroupName': {
    min: 1,
    max: 256,
    pattern: `(${arnPattern('lineage-group\\/')})?(${NAME_PATTERN})`,
  },
  ArtifactArn: { max: 256, pattern: arnPattern('artifact/.*') },
  SourceArn: ENTITY_ARN,
  DestinationArn: ENTITY_ARN,
  'ListTrialComponentsRequest.SourceArn': TYPE,
  ResourceArn: { max: 256, pattern: 'arn:aws[a-z-]*:sagemaker:[a-z0-9-]*:[0-9]{12}:.+' },

  SourceUri: { min: 1, max: 2048, pattern: '.*' },
  SourceType: TYPE,
  DestinationType: TYPE,
  SourceId: TYPE,
  ArtifactType: TYPE,
  ActionType: TYPE,
  ContextType: TYPE,
  AssociationType: enumerated(AssociationEdgeType),
  SourceIdType: enumerated(ArtifactSourceIdType),
  'ArtifactSourceType.Value': TYPE,
  Description: { max: 3072, pattern: '.*' },
  'CreateActionRequest.Status': enumerated(ActionStatus),
  'UpdateActionRequest.Status': enumerated(ActionStatus),
  PrimaryStatus: enumerated(TrialComponentPrimaryStatus),
  Message: TEXT_1024,
  Properties: PROPERTIES,
  'CreateArtifactRequest.Properties': ARTIFACT_PROPERTIES,
  'UpdateArtifactRequest.Properties': ARTIFACT_PROPERTIES,
  PropertiesToRemove: { item: PROPERTY_TEXT },
  CommitId: TEXT_1024,
  Repository: TEXT_1024,
  GeneratedBy: TEXT_1024,
  ProjectId: TEXT_1024,
  Parameters: { max: 300, key: { max: 320, pattern: '.*' } },
  StringValue: PROPERTY_TEXT,
  InputArtifacts: ARTIFACTS,
  OutputArtifacts: ARTIFACTS,
  ParametersToRemove: PARAMETER_KEYS,
  InputArtifactsToRemove: PARAMETER_KEYS,
  OutputArtifactsToRemove: PARAMETER_KEYS,
  MediaType: { max: 64, pattern: '[-\\w]+\\/[-\\w+]+' },
  'TrialComponentArtifact.Value': { max: 2048, pattern: '.*' },

  Tags: { max: 50 },
  'Tag.Key': TAG_KEY,
  'Tag.Value': { max: 256, pattern: TAG_TEXT },
  TagKeys: { min: 1, max: 50, item: TAG_KEY },

  StartArns: { max: 1, item: ENTITY_ARN },
  Direction: enumerated(Direction),
  MaxDepth: { max: 10 },
  Types: { max: 5, item: { max: 40 } },
  LineageTypes: { max: 4, item: enumerated(LineageType) },
  'QueryFilters.Properties': { max: 5, key: TYPE, item: TYPE },

  Resource: enumerated(ResourceType),
  CrossAccountFilterOption: enumerated(CrossAccountFilterOption),
  'SearchExpression.Filters': SEARCH_LIST,
  'SearchExpression.NestedFilters': SEARCH_LIST,
  'SearchExpression.SubExpressions': SEARCH_LIST,
  'SearchExpression.Operator': enumerated(BooleanOperator),
  'NestedFilters.Filters': SEARCH_LIST,
  NestedPropertyName: { min: 1, max: 255, pattern: '.+' },
  'Filter.Name': { min: 1, max: 255, pattern: '.+' },
  'Filter.Operator': enumerated(Operator),
  'Filter.Value': { min: 1, max: 1024, pattern: '.+' },

  EndpointName: { max: 63, pattern: '[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}' },
  ModelPackageGroupName: { min: 1, max: 170 },
  NameContains: { max: 63, pattern: '[a-zA-Z0-9\\-]+' },
  ModelApprovalStatus: enumerated(ModelApprovalStatus),
  ModelPackageType: enumerated(ModelPackageType),
};

/** Everything that the API refuses in a request, each as AWS words it. */
export function violations(schema: NormalizedSchema, request: Readonly<Record<string, unknown>>): string[] {
  return structureViolations(schema, request, '');
}

function structureViolations(
  schema: NormalizedSchema,
  value: Readonly<Record<string, unknown>>,
  path: string,
): string[] {
  const structure = schema.getName() ?? '';
  const missing = requiredMembers(schema)
    .filter((name) => value[name] === undefined)
    .map((name) => violation(null, path + memberPath(name), 'Member must not be null'));
  const broken = [...schema.structIterator()]
    .filter(([name]) => value[name] !== undefined)
    .flatMap(([name, member]) => {
      const limit = LIMITS[`${structure}.${name}`] ?? LIMITS[name] ?? {};
      return memberViolations(member, value[name], path + memberPath(name), limit);
    });
  return [...missing, ...broken];
}

function memberViolations(schema: NormalizedSchema, value: unknown, path: string, limit: Limit): string[] {
  if (schema.isStructSchema()) {
    return structureViolations(schema, value as Record<string, unknown>, `${path}.`);
  }
  if (Array.isArray(value)) {
    return [
      ...sizeViolations(value.length, 'length', value, path, limit),
      ...value.flatMap((item, index) =>
        memberViolations(schema.getValueSchema(), item, `${path}.${index + 1}.member`, limit.item ?? {}),
      ),
    ];
  }
  if (schema.isMapSchema()) {
    const entries = Object.entries(value as Record<string, unknown>);
    return [
      ...sizeViolations(entries.length, 'length', value, path, limit),
      ...entries.flatMap(([key, item]) => [
        ...textViolations(key, `${path}.${key}.key`, limit.key ?? {}),
        ...memberViolations(schema.getValueSchema(), item, `${path}.${key}.member`, limit.item ?? {}),
      ]),
    ];
  }
  if (typeof value === 'number') return sizeViolations(value, 'value', value, path, limit);
  return typeof value === 'string' ? textViolations(value, path, limit) : [];
}

function textViolations(value: string, path: string, limit: Limit): string[] {
  const problems = sizeViolations(value.length, 'length', value, path, limit);
  if (limit.pattern !== undefined && !compiled(limit.pattern).test(value)) {
    const constraint = `Member must satisfy regular expression pattern: ${limit.pattern}`;
    problems.push(violation(value, path, constraint));
  }
  if (limit.values !== undefined && !limit.values.includes(value)) {
    problems.push(violation(value, path, `Member must satisfy enum value set: [${limit.values.join(', ')}]`));
  }
  return problems;
}

function sizeViolations(
  size: number,
  what: 'length' | 'value',
  value: unknown,
  path: string,
  { min, max }: Limit,
): string[] {
  const problems: string[] = [];
  if (min !== undefined && size < min) {
    problems.push(violation(value, path, `Member must have ${what} greater than or equal to ${min}`));
  }
  if (max !== undefined && size > max) {
    problems.push(violation(value, path, `Member must have ${what} less than or equal to ${max}`));
  }
  return problems;
}

function violation(value: unknown, path: string, constraint: string): string {
  const shown = value === null ? 'null' : `'${typeof value === 'object' ? JSON.stringify(value) : value}'`;
  return `Value ${shown} at '${path}' failed to satisfy constraint: ${constraint}`;
}

/** The API names members in its messages as its Java code does. */
function memberPath(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** The SDK puts required members first and keeps their number behind the members. */
function requiredMembers(schema: NormalizedSchema): readonly string[] {
  const [, , , , names, , count] = schema.getSchema() as unknown as readonly [
    unknown,
    unknown,
    unknown,
    unknown,
    readonly string[],
    unknown,
    number | undefined,
  ];
  return names.slice(0, count ?? 0);
}

const patterns = new Map<string, RegExp>();

function compiled(pattern: string): RegExp {
  const known = patterns.get(pattern) ?? new RegExp(`^(?:${pattern})$`, 'u');
  patterns.set(pattern, known);
  return known;
}
