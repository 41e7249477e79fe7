import type { AnswerFilter } from '../graph/answer.ts';
import { kindOfArn } from '../graph/arn.ts';
import type { Vertex } from '../graph/elements.ts';

/** What to let through: the members of `AnswerFilter`, each may be left out. */
export type FilterOptions = {
  readonly [Member in keyof AnswerFilter]?: AnswerFilter[Member] | undefined;
};

/** The filter as an answer states it. */
export function filterOf(options: FilterOptions): AnswerFilter {
  const { kinds = [], types = [] } = options;
  const { sourceTypes, properties, ...windows } = {
    sourceTypes: options.sourceTypes,
    createdAfter: options.createdAfter,
    createdBefore: options.createdBefore,
    modifiedAfter: options.modifiedAfter,
    modifiedBefore: options.modifiedBefore,
    properties: options.properties,
  };
  const stated = Object.entries({ ...windows, sourceTypes, properties }).filter(
    ([, value]) => value !== undefined && Object.keys(value).length > 0,
  );
  return { kinds, types, ...Object.fromEntries(stated) };
}

/** Whether an id is worth a look at its properties: the kind stands in the ARN, unless it is another account's. */
export function mayPass(id: string, { kinds }: AnswerFilter): boolean {
  if (kinds.length === 0 || kinds.includes('external')) return true;
  const kind = kindOfArn(id);
  return kind === undefined || kinds.includes(kind);
}

/** Whether a vertex passes: all members must agree, and of several properties one (QueryFilters API page). */
export function passes(vertex: Vertex, filter: AnswerFilter): boolean {
  const { kinds, types, sourceTypes = [] } = filter;
  const { properties } = vertex;
  const type = String(properties.type ?? '');
  return (
    (kinds.length === 0 || kindsOf(vertex).some((kind) => kinds.includes(kind))) &&
    (types.length === 0 || types.includes(type)) &&
    (sourceTypes.length === 0 || sourceTypes.includes(sourceTypeOf(vertex))) &&
    isWithin(properties.creationtimems, filter.createdAfter, filter.createdBefore) &&
    isWithin(properties.lastmodifiedtimems, filter.modifiedAfter, filter.modifiedBefore) &&
    (filter.properties === undefined || hasAny(properties[PROPERTIES], filter.properties))
  );
}

/** Whether a vertex is of a kind or a type, by either way to write the type. */
export function isOneOf(vertex: Vertex, kindsAndTypes: readonly string[]): boolean {
  const type = String(vertex.properties.type ?? '');
  return [...kindsOf(vertex), type, sourceTypeOf(vertex)].some((word) => kindsAndTypes.includes(word));
}

/** The property that holds an entity's own Properties, as JSON: only Describe gives them (`--detail full`). */
export const PROPERTIES = 'properties';

/** Neptune joins the labels of a vertex that has several with `::`; an external vertex is of its ARN's kind too. */
function kindsOf({ id, label }: Vertex): readonly string[] {
  const labels = label.split('::');
  const kind = labels.includes('external') ? kindOfArn(id) : undefined;
  return kind === undefined ? labels : [...labels, kind];
}

/** Listings call a job's type `SageMakerTrainingJob`, QueryLineage calls it `TrainingJob` (SDK: LineageSourceEnum). */
function sourceTypeOf({ id, properties }: Vertex): string {
  const type = String(properties.type ?? '');
  return kindOfArn(id) === 'trial_component' ? type.replace(/^SageMaker/, '') : type;
}

function isWithin(
  ms: string | number | undefined,
  after: string | undefined,
  before: string | undefined,
): boolean {
  if (after === undefined && before === undefined) return true;
  if (ms === undefined) return false;
  const time = Number(ms);
  return (
    (after === undefined || time > Date.parse(after)) && (before === undefined || time < Date.parse(before))
  );
}

function hasAny(json: string | number | undefined, wanted: Readonly<Record<string, string>>): boolean {
  if (json === undefined) return false;
  const own = objectOf(String(json));
  return Object.entries(wanted).some(([name, value]) => own[name] === value);
}

/** A JSON object, or an empty one where the text is something else: then it is none of ours. */
export function objectOf(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
