import type { Answer, Direction, ListAnswer } from '../../graph/answer.ts';
import { JOB_TYPES, type JobType } from '../../graph/words.ts';
import type { LineageGraph } from '../../lineage/graph.ts';
import { ANSWER_FORMATS } from '../../render/formats.ts';
import type { CommandSpec } from '../command.ts';
import { listOf } from '../options.ts';
import {
  answerQuestion,
  directionOption,
  filterOptions,
  type GraphOptions,
  WALK_IDLE,
  walkOptions,
  withFilter,
  withGraph,
  withReach,
  withWalk,
} from '../question.ts';

/** Questions about one entity. What each means: docs/lineage.md. */
export const upstreamCommand = aboutOne({
  name: 'upstream',
  summary: 'what made this: everything that an entity was made from',
  example: `smlineage upstream ${arn('context/my-endpoint')} --graph lineage-export/20261121T041500.123Z --type DataSet`,
  filtered: true,
  ask: async (asked) => (await import('../../lineage/questions.ts')).upstream(asked),
});

export const downstreamCommand = aboutOne({
  name: 'downstream',
  summary: 'what depends on this: everything that was made from an entity',
  example: `smlineage downstream s3://my-bucket/data.csv --graph my-cluster:8182 --kind context`,
  filtered: true,
  ask: async (asked) => (await import('../../lineage/questions.ts')).downstream(asked),
});

export const connectedCommand = aboutOne({
  name: 'connected',
  summary: 'what hangs together with this, whichever way associations point',
  example: 'smlineage connected my-endpoint --graph lineage-export/20261121T041500.123Z --depth 4',
  filtered: true,
  ask: async (asked) => (await import('../../lineage/questions.ts')).connected(asked),
});

export const impactCommand = aboutOne({
  name: 'impact',
  summary: 'what breaks if this is bad: the data, models and endpoints that it went into',
  example: 'smlineage impact s3://my-bucket/data.csv --graph lineage-export/20261121T041500.123Z',
  ask: async (asked) => (await import('../../lineage/entities-of.ts')).impact(asked),
});

export const provenanceCommand = aboutOne({
  name: 'provenance',
  summary: 'all that made this, by every way',
  example:
    'smlineage provenance my-endpoint --graph lineage-export/20261121T041500.123Z --output mermaid > audit.mmd',
  ask: async (asked) => (await import('../../lineage/entities-of.ts')).provenance(asked),
});

export const datasetsOfCommand = aboutOne({
  name: 'datasets-of',
  summary: 'the datasets that this was made from',
  example: 'smlineage datasets-of my-endpoint --graph lineage-export/20261121T041500.123Z',
  eitherWay: true,
  ask: async (asked) => (await import('../../lineage/entities-of.ts')).datasetsOf(asked),
});

export const modelsOfCommand = aboutOne({
  name: 'models-of',
  summary: 'the models of an endpoint, or the models that something went into',
  example: 'smlineage models-of s3://my-bucket/data.csv --graph lineage-export/20261121T041500.123Z',
  eitherWay: true,
  ask: async (asked) => (await import('../../lineage/entities-of.ts')).modelsOf(asked),
});

export const endpointsOfCommand = aboutOne({
  name: 'endpoints-of',
  summary: 'the endpoints that something reached',
  example: 'smlineage endpoints-of s3://my-bucket/data.csv --graph lineage-export/20261121T041500.123Z',
  eitherWay: true,
  ask: async (asked) => (await import('../../lineage/entities-of.ts')).endpointsOf(asked),
});

export const jobsOfCommand = {
  ...aboutOne({
    name: 'jobs-of',
    summary: 'the jobs and other trial components that made this',
    example: 'smlineage jobs-of my-endpoint --job TrainingJob --graph lineage-export/20261121T041500.123Z',
    eitherWay: true,
    configure: (command) =>
      command.option('--job <types>', `only these jobs: ${JOB_TYPES.join(', ')}`, listOf(JOB_TYPES)),
    ask: async (asked, { job }) =>
      (await import('../../lineage/entities-of.ts')).jobsOf({ ...asked, jobs: job }),
  }),
} satisfies CommandSpec;

export const trialsOfCommand = aboutOne({
  name: 'trials-of',
  summary: 'the trials in which what made this stands',
  example: 'smlineage trials-of s3://my-bucket/data.csv --direction downstream --graph my-cluster:8182',
  eitherWay: true,
  ask: async (asked) => (await import('../../lineage/trials-of.ts')).trialsOf(asked),
});

export const pipelineOfCommand = aboutOne({
  name: 'pipeline-of',
  isList: true,
  summary: 'the pipeline executions that made this (needs an export with --detail full --tags)',
  example: 'smlineage pipeline-of my-endpoint --graph lineage-export/20261121T041500.123Z',
  ask: async (asked) => (await import('../../lineage/pipeline-of.ts')).pipelineOf(asked),
});

export const approvalsCommand = aboutOne({
  name: 'approvals',
  isList: true,
  summary: 'who approved what serves at an endpoint, or a model (decisions need --detail full)',
  example: 'smlineage approvals my-endpoint --graph lineage-export/20261121T041500.123Z',
  eitherWay: true,
  ask: async (asked) => (await import('../../lineage/approvals.ts')).approvals(asked),
});

export const reproduceCommand = aboutOne({
  name: 'reproduce',
  isList: true,
  summary: 'what it takes to make a model again: jobs, images, code, inputs, parameters',
  example:
    'smlineage reproduce s3://my-bucket/model.tar.gz --graph lineage-export/20261121T041500.123Z --output csv',
  ask: async (asked) => (await import('../../lineage/reproduce.ts')).reproduce(asked),
});

type Flags = GraphOptions &
  Parameters<typeof walkOptions>[0] &
  Parameters<typeof filterOptions>[0] & {
    readonly membership?: boolean;
    readonly direction?: Direction;
    readonly job?: readonly JobType[];
  };

type Asked = ReturnType<typeof walkOptions> & {
  readonly graph: LineageGraph;
  readonly start: string;
  readonly direction?: Direction | undefined;
  readonly membership?: boolean | undefined;
  readonly signal: AbortSignal;
};

type QuestionSpec = Pick<CommandSpec, 'name' | 'summary' | 'example'> & {
  readonly filtered?: boolean;
  readonly eitherWay?: boolean;
  /** Whether the answer is a list, which shows no way. */
  readonly isList?: boolean;
  readonly configure?: CommandSpec['configure'];
  readonly ask: (asked: Asked, flags: Flags) => Promise<Answer | ListAnswer>;
};

function aboutOne({
  filtered = false,
  eitherWay = false,
  isList = false,
  configure,
  ask,
  ...texts
}: QuestionSpec) {
  return {
    ...texts,
    outputs: ANSWER_FORMATS,
    idle: WALK_IDLE,
    configure(command) {
      withGraph(command.argument('<entity>', 'ARN, name or source of the entity to start from'));
      if (isList) withReach(command);
      else withWalk(command);
      if (filtered) {
        withFilter(command).option('--membership', 'follow membership of experiments and trials too', false);
      }
      if (eitherWay) command.addOption(directionOption());
      return configure?.(command) ?? command;
    },
    async run(context, [start]: readonly [string], flags: Flags) {
      await answerQuestion(context, flags, (graph, signal) =>
        ask(
          {
            graph,
            start,
            ...walkOptions(flags),
            ...(filtered && { ...filterOptions(flags), membership: flags.membership }),
            ...(eitherWay && { direction: flags.direction }),
            signal,
          },
          flags,
        ),
      );
    },
  } satisfies CommandSpec;
}

function arn(resource: string): string {
  return `arn:aws:sagemaker:us-east-1:123456789012:${resource}`;
}
