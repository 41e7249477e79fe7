import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Answer, Direction, ListAnswer } from '../graph/answer.ts';
import { ALL_KINDS } from '../graph/kinds.ts';
import type { LineageGraph } from '../lineage/graph.ts';
import type { AnswerFormat } from '../render/formats.ts';
import type { Context } from './context.ts';
import type { IdleFlags } from './idle-flags.ts';
import { openGraph } from './lineage-graph.ts';
import { type AwsOptions, type CommonOptions, moment, oneMoreOf, wholeNumber } from './options.ts';

/** Options of every question. */
export type GraphOptions = CommonOptions &
  AwsOptions & { readonly output: AnswerFormat; readonly graph: string; readonly state?: string };

export function withGraph(command: Command): Command {
  return command
    .requiredOption('--graph <where>', 'run directory, or Neptune endpoint')
    .option(
      '--state <s3-uri>',
      'where sync keeps the state of that cluster: says which run it holds, and whether that is whole',
    )
    .option('--region <region>', 'AWS Region of the cluster')
    .option('--profile <name>', 'profile of the shared AWS configuration');
}

/** What says nothing of how to show the way. */
export const WALK_IDLE: readonly IdleFlags[] = [
  {
    flags: ['include-edges'],
    where: 'beside --no-edges',
    isIdle: ({ includeEdges, edges }) => includeEdges === true && edges === false,
  },
];

type WalkFlags = {
  readonly depth?: number;
  readonly limit?: number;
  readonly through?: readonly string[];
  readonly stopAt?: readonly string[];
  readonly collapseTwins: boolean;
  readonly includeEdges?: boolean;
  readonly edges?: boolean;
};

/** How far to walk, through what, and what to show of the way. */
export function withWalk(command: Command): Command {
  return withReach(command)
    .option('--include-edges', 'show every way, as QueryLineage does with IncludeEdges', false)
    .option('--no-edges', 'show no way: neither edges nor what lies between');
}

/** How far to walk, and through what: of a list that shows no way. */
export function withReach(command: Command): Command {
  return command
    .option('--depth <n>', 'associations to go at most (default: to the end)', wholeNumber(1))
    .option('--limit <n>', 'vertices to reach at most (default: all)', wholeNumber(1))
    .option('--through <words...>', 'go on only from vertices of these kinds or types')
    .option('--stop-at <words...>', 'go no further from vertices of these kinds or types')
    .option('--collapse-twins', 'take the same data in several accounts (SameAs) for one', false);
}

/** The flags of {@link withWalk} or {@link withReach} as options of a question. */
export function walkOptions(flags: WalkFlags) {
  const { depth, limit, through, stopAt, collapseTwins, includeEdges, edges } = flags;
  return {
    maxDepth: depth,
    maxVertices: limit,
    through,
    stopAt,
    ...(collapseTwins && { collapse: true }),
    ...(includeEdges === true && { edges: 'all' as const }),
    ...(edges === false && { edges: 'none' as const }),
  };
}

type FilterFlags = {
  readonly kind?: readonly string[];
  readonly type?: readonly string[];
  readonly sourceType?: readonly string[];
  readonly createdAfter?: string;
  readonly createdBefore?: string;
  readonly modifiedAfter?: string;
  readonly modifiedBefore?: string;
  readonly property?: Readonly<Record<string, string>>;
};

/** What to show of what was reached, as the SDK's LineageFilter. */
export function withFilter(command: Command): Command {
  return command
    .option('--kind <kinds...>', `show these kinds only: ${ALL_KINDS.join(', ')}`, oneMoreOf(ALL_KINDS))
    .option('--type <types...>', 'show these types only: DataSet, Model, Endpoint …')
    .option('--source-type <types...>', 'as --type, with jobs as TrainingJob, ProcessingJob, TransformJob')
    .option('--created-after <time>', 'show only what was created after', moment)
    .option('--created-before <time>', 'show only what was created before', moment)
    .option('--modified-after <time>', 'show only what was modified after', moment)
    .option('--modified-before <time>', 'show only what was modified before', moment)
    .option('--property <name=value>', 'show only what has one of these properties (repeatable)', property);
}

/** The flags of {@link withFilter} as options of a question. */
export function filterOptions(flags: FilterFlags) {
  const { kind, type, sourceType, createdAfter, createdBefore, modifiedAfter, modifiedBefore } = flags;
  return {
    kinds: kind,
    types: type,
    sourceTypes: sourceType,
    createdAfter,
    createdBefore,
    modifiedAfter,
    modifiedBefore,
    properties: flags.property,
  };
}

export function directionOption(): Option {
  const directions: readonly Direction[] = ['upstream', 'downstream', 'both'];
  return new Option('--direction <way>', 'where to look').choices(directions);
}

/** Opens the graph, asks, prints the answer in the form that was asked for. */
export async function answerQuestion(
  { env, terminal, signal }: Context,
  options: GraphOptions,
  ask: (graph: LineageGraph, signal: AbortSignal) => Promise<Answer | ListAnswer>,
): Promise<void> {
  const { renderAnswer } = await import('../render/render-answer.ts');
  const { graph, close } = await openGraph(options.graph, options, { env, terminal, signal });
  try {
    const answer = await ask(graph, signal);
    terminal.print(await renderAnswer(answer, options.output, { width: terminal.width }));
  } finally {
    close();
  }
}

/** One pair more. */
function property(
  text: string,
  before: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at > 0) return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
  throw new InvalidArgumentError('Expected a name and a value such as stage=prod.');
}
