import type { Filter, NestedFilters, SearchExpression } from '@aws-sdk/client-sagemaker';
import type { NormalizedSchema } from '@smithy/core/schema';
import { validation } from './refusal.ts';
import {
  type Members,
  membersOf,
  objects,
  type Property,
  type PropertyValue,
  property,
} from './search-property.ts';
import type { Checked } from './wire.ts';

type Test = (of: Members) => boolean;

export type Expression = Checked<SearchExpression>;

/** An expression may hold so many conditions in all (Search API page). */
const MAX_CONDITIONS = 50;

/** Properties that several Contains may name; of all others one may (Filter API page). */
const CONTAINS_FREELY =
  /^(DisplayName|ExperimentName|TrialName|TrialComponentName|Tags|InputArtifacts|OutputArtifacts)(\.|$)/i;

/**
 * Whether a resource satisfies the expression; without one, every resource does.
 * @throws Refusal where the expression names what the resource has not, or asks what its type cannot answer
 */
export function expressionTest(schema: NormalizedSchema, expression: Expression | undefined): Test {
  if (expression === undefined) return () => true;
  const filters = allFilters(expression);
  if (conditions(expression) > MAX_CONDITIONS) {
    throw validation(
      `SearchExpression has more than ${MAX_CONDITIONS} filters, nested filters and subexpressions.`,
    );
  }
  const contains = filters.filter(
    ({ Operator, Name }) => Operator === 'Contains' && !CONTAINS_FREELY.test(Name),
  );
  if (contains.length > 1) throw validation("'CONTAINS' operator usage limit of 1 exceeded.");
  return combined(schema, expression);
}

/**
 * The creation times, in epoch milliseconds and both included, that an expression leaves possible, as far as its own
 * filters say so. It is a hint for where to look: what lies within still has to pass `expressionTest`.
 */
export function createdWithin(expression: Expression | undefined): readonly [least: number, most: number] {
  let [least, most] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (expression === undefined || expression.Operator === 'Or') return [least, most];
  for (const { Name, Operator = 'Equals', Value = '' } of expression.Filters ?? []) {
    if (Name.toLowerCase() !== 'creationtime') continue;
    if (AT_LEAST.has(Operator)) least = Math.max(least, milliseconds(Value));
    if (AT_MOST.has(Operator)) most = Math.min(most, milliseconds(Value));
  }
  return [least, most];
}

const AT_LEAST: ReadonlySet<string> = new Set(['Equals', 'GreaterThan', 'GreaterThanOrEqualTo']);
const AT_MOST: ReadonlySet<string> = new Set(['Equals', 'LessThan', 'LessThanOrEqualTo']);

function combined(schema: NormalizedSchema, expression: Expression): Test {
  const tests = [
    ...(expression.Filters ?? []).map((filter) => filterTest(property(schema, filter.Name), filter)),
    ...(expression.NestedFilters ?? []).map((nested) => nestedTest(schema, nested)),
    ...(expression.SubExpressions ?? []).map((inner) => combined(schema, inner)),
  ];
  if (tests.length === 0)
    throw validation('SearchExpression needs a filter, a nested filter or a subexpression.');
  return expression.Operator === 'Or'
    ? (of) => tests.some((test) => test(of))
    : (of) => tests.every((test) => test(of));
}

/** One object of the list must satisfy all filters. Their names may or may not repeat that of the list. */
function nestedTest(schema: NormalizedSchema, { NestedPropertyName, Filters }: Checked<NestedFilters>): Test {
  const found = [...schema.structIterator()].find(
    ([name, member]) => name === NestedPropertyName && member.isListSchema(),
  );
  if (found === undefined) throw validation(`Unknown nested property name: ${NestedPropertyName}`);
  const item = found[1].getValueSchema();
  const prefix = `${NestedPropertyName}.`;
  const tests = Filters.map((filter) => {
    const name = filter.Name.startsWith(prefix) ? filter.Name.slice(prefix.length) : filter.Name;
    return filterTest(property(item, name), filter);
  });
  return (of) =>
    objects(of(NestedPropertyName)).some((object) => tests.every((test) => test(membersOf(object))));
}

function filterTest(sought: Property, filter: Checked<Filter>): Test {
  const { Operator = 'Equals', Value } = filter;
  if (Operator === 'Exists') return (of) => sought.values(of).length > 0;
  if (Operator === 'NotExists') return (of) => sought.values(of).length === 0;
  if (Value === undefined) throw validation(`Filter on ${sought.name} with ${Operator} needs a Value.`);
  switch (Operator) {
    case 'Equals':
      return any(sought, equals(sought, Value));
    case 'NotEquals':
      return not(any(sought, equals(sought, Value)));
    case 'In':
      return any(
        textual(sought, Operator),
        isOneOf(Value.split(',').map((text) => equals(sought, text.trim()))),
      );
    case 'Contains':
      return any(textual(sought, Operator), (value) => folded(sought, value).includes(folded(sought, Value)));
    default:
      return any(sought, compares(sought, Operator, Value));
  }
}

type ValueTest = (value: PropertyValue) => boolean;

function any(sought: Property, test: ValueTest): Test {
  return (of) => sought.values(of).some(test);
}

function not(test: Test): Test {
  return (of) => !test(of);
}

function isOneOf(tests: readonly ValueTest[]): ValueTest {
  return (value) => tests.some((test) => test(value));
}

function equals(sought: Property, text: string): ValueTest {
  if (sought.type === 'time' || sought.type === 'number') {
    const wanted = operand(sought, text);
    return (value) => value === wanted;
  }
  return (value) =>
    typeof value === 'number' ? value === Number(text) : folded(sought, value) === folded(sought, text);
}

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  GreaterThan: (a, b) => a > b,
  GreaterThanOrEqualTo: (a, b) => a >= b,
  LessThan: (a, b) => a < b,
  LessThanOrEqualTo: (a, b) => a <= b,
};

function compares(sought: Property, operator: string, text: string): ValueTest {
  const compare = COMPARISONS[operator];
  if (compare === undefined || sought.type === 'text') {
    throw validation(`Operator ${operator} is not supported for text property ${sought.name}.`);
  }
  const wanted = operand(sought, text);
  return (value) => typeof value === 'number' && compare(value, wanted);
}

function textual(sought: Property, operator: string): Property {
  if (sought.type === 'text' || sought.type === 'any') return sought;
  throw validation(`Operator ${operator} is supported for text properties only, not for ${sought.name}.`);
}

/** Names and ARNs do not count case. */
function folded(sought: Property, value: PropertyValue): string {
  return /(Name|Arn)$/i.test(sought.name) ? String(value).toLowerCase() : String(value);
}

const EPOCH_SECONDS = /^\d+(\.\d+)?$/;

/** A time is `YYYY-mm-ddTHH:MM:SS` (UTC unless it says otherwise) or epoch seconds. */
function operand(sought: Property, text: string): number {
  const value = sought.type === 'time' ? milliseconds(text) : Number(text);
  if (Number.isNaN(value))
    throw validation(`Value '${text}' is no ${sought.type} to compare ${sought.name} with.`);
  return value;
}

function milliseconds(text: string): number {
  if (EPOCH_SECONDS.test(text)) return Math.round(Number(text) * 1000);
  return Date.parse(/T[\d:.]+$/.test(text) ? `${text}Z` : text);
}

function allFilters(expression: Expression): readonly Checked<Filter>[] {
  return [
    ...(expression.Filters ?? []),
    ...(expression.NestedFilters ?? []).flatMap(({ Filters }) => Filters),
    ...(expression.SubExpressions ?? []).flatMap(allFilters),
  ];
}

function conditions(expression: Expression): number {
  const subexpressions = expression.SubExpressions ?? [];
  return (
    allFilters({ ...expression, SubExpressions: [] }).length +
    (expression.NestedFilters ?? []).length +
    subexpressions.reduce((sum, inner) => sum + 1 + conditions(inner), 0)
  );
}
