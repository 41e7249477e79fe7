import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { LineageError } from '../errors.ts';
import { chance, isDue, WHEN } from './fault-rule.ts';
import { loadRuleSchema } from './neptune/load-faults.ts';
import { NEPTUNE_FAULTS, PAGE_FAULTS, SERVICE_NAMES } from './service.ts';

/**
 * What can go wrong with one request:
 * `throttle` refused as too many; `error-500` the service's internal error; `html` 200 with a page of a proxy in place of
 * the reply; `html-502` the same as a bad gateway; `drop` the socket closed before the request has any effect;
 * `lost-reply` the request takes effect, then the socket is closed; `slow` the reply comes `milliseconds` late; `expired`
 * and `denied` refused credentials; `conflict` another writer was there at the same time; and what
 * can be odd with a page of a listing (see PAGE_FAULTS). Of Neptune alone: `load-limit`, `queue-full` and `load-refused`,
 * the three refusals of a StartLoaderJob; `restarting`, the engine that shuts down.
 */
export const FAULT_NAMES = [
  'throttle',
  'error-500',
  'html',
  'html-502',
  'drop',
  'lost-reply',
  'slow',
  'expired',
  'denied',
  'conflict',
  ...PAGE_FAULTS,
  ...NEPTUNE_FAULTS,
] as const;

export type FaultName = (typeof FAULT_NAMES)[number];

const ruleSchema = z
  .strictObject({
    /** Requests of this service only; any without it. */
    service: z.enum(SERVICE_NAMES).optional(),
    /** As AWS names it: `ListArtifacts`, `PutObject`, `StartLoaderJob`. */
    operation: z.string().min(1).optional(),
    fault: z.enum(FAULT_NAMES),
    ...WHEN,
    /** How late a `slow` reply comes. @default 1000 */
    milliseconds: z.int().nonnegative().optional(),
  })
  .refine((rule) => rule.milliseconds === undefined || rule.fault === 'slow', {
    path: ['milliseconds'],
    error: 'belongs to the fault `slow` only',
  })
  .refine(({ fault, service }) => service === 'neptune-db' || !isNeptuneFault(fault), {
    path: ['service'],
    error: 'must be neptune-db for that fault',
  });

function isNeptuneFault(fault: string): boolean {
  return NEPTUNE_FAULTS.some((known) => known === fault);
}

const planSchema = z.strictObject({
  /** Decides every draw of `probability`. @default 0 */
  seed: z.int().optional(),
  rules: z.array(ruleSchema),
  /** What becomes of the files of load jobs. @default they are loaded */
  loads: z.array(loadRuleSchema).optional(),
});

export type FaultRule = z.infer<typeof ruleSchema>;

/** Faults to play, and when. The same plan plays the same faults on the same requests. */
export type FaultPlan = z.infer<typeof planSchema>;

/** A fault that is to be played on one request. */
export type Fault = { readonly name: FaultName; readonly milliseconds: number };

/** Asked once for each request, in the order that they come. */
export type FaultSource = (service: string, operation: string) => Fault | undefined;

const DEFAULT_SLOW_MS = 1000;

/** A plan's faults. Where several rules want to play on a request, the first in the plan does; all of them count it. */
export function createFaults(plan: FaultPlan): FaultSource {
  const counters = plan.rules.map(() => ({ matching: 0, played: 0, byOperation: new Map<string, number>() }));

  return (service, operation) => {
    let fault: Fault | undefined;
    for (const [index, rule] of plan.rules.entries()) {
      const counter = counters[index];
      if (counter === undefined || !matches(rule, service, operation)) continue;
      counter.matching += 1;
      const name = `${service}.${operation}`;
      const nthOfOperation = (counter.byOperation.get(name) ?? 0) + 1;
      counter.byOperation.set(name, nthOfOperation);
      if (fault !== undefined || counter.played >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
      if (!isDue(rule, counter.matching)) continue;
      // Drawn by the operation's own count, so that requests of other operations in between change nothing.
      const isDrawn = () =>
        chance(`${plan.seed ?? 0} ${index} ${name} ${nthOfOperation}`) < (rule.probability ?? 1);
      if (rule.probability !== undefined && !isDrawn()) continue;
      counter.played += 1;
      fault = { name: rule.fault, milliseconds: rule.milliseconds ?? DEFAULT_SLOW_MS };
    }
    return fault;
  };
}

function matches(rule: FaultRule, service: string, operation: string): boolean {
  return (
    (rule.service === undefined || rule.service === service) &&
    (rule.operation === undefined || rule.operation === operation)
  );
}

/** A plan from its JSON value. @throws LineageError (usage) naming `origin`, the rule by its place and the key. */
export function parseFaultPlan(value: unknown, origin: string): FaultPlan {
  const result = planSchema.safeParse(value);
  if (result.success) return result.data;
  throw refusal(origin, result.error);
}

/** A plan from a JSON file. @throws LineageError (usage) where it cannot be read or is not a plan. */
export async function readFaultPlan(path: string): Promise<FaultPlan> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new LineageError('usage', `The fault plan ${path} cannot be read.`, { cause, hint: PLAN_HINT });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LineageError('usage', `The fault plan ${path} is not JSON.`, { cause, hint: PLAN_HINT });
  }
  return parseFaultPlan(value, path);
}

/**
 * A rule from its form on the command line: `<fault>[:<service>[.<operation>]][,<key>=<value>]…`, several numbers of
 * `at` with a slash. `throttle:sagemaker.ListArtifacts,at=2/5` · `slow:s3,milliseconds=300,times=1` · `drop,probability=0.1`
 * @throws LineageError (usage) naming the flag's text and the key.
 */
export function parseFaultRule(text: string): FaultRule {
  const [head = '', ...pairs] = text.split(',');
  const [fault, target] = splitOnce(head, ':');
  const [service, operation] = splitOnce(target ?? '', '.');
  const rule = {
    fault,
    ...(target === undefined ? {} : { service }),
    ...(operation === undefined ? {} : { operation }),
    ...Object.fromEntries(
      pairs.map((pair) => splitOnce(pair, '=')).map(([key, value]) => [key, numbers(value)]),
    ),
  };
  const result = ruleSchema.safeParse(rule);
  if (result.success) return result.data;
  throw refusal(`--fault ${text}`, result.error);
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** `2` as a number, `2/5` as a list of numbers; NaN, which the schema refuses, where it is neither. */
function numbers(value: string | undefined): number | number[] {
  const all = (value ?? '').split('/').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [first = Number.NaN, ...more] = all;
  return more.length === 0 ? first : all;
}

const PLAN_HINT =
  'A plan is {"seed": 1, "rules": [{"service": "sagemaker", "operation": "ListArtifacts", "fault": "throttle", "at": 3}]}.';

function refusal(origin: string, error: z.ZodError): LineageError {
  const issue = error.issues[0];
  const [member, index, ...rest] = issue?.path ?? [];
  const place =
    typeof index === 'number' ? `${member === 'loads' ? 'load' : 'rule'} ${index + 1}` : undefined;
  const key = place === undefined ? issue?.path.join('.') : rest.join('.');
  const where = [place, key === '' ? undefined : key].filter((part) => part !== undefined).join(', ');
  return new LineageError('usage', `${origin}: ${where === '' ? '' : `${where}: `}${issue?.message}.`, {
    cause: error,
    hint: `${PLAN_HINT} Faults are ${FAULT_NAMES.join(', ')}.`,
  });
}
