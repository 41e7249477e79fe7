import { Option } from 'commander';
import { LineageError } from '../../errors.ts';
import type { Direction } from '../../graph/answer.ts';
import { ALL_KINDS } from '../../graph/kinds.ts';
import { TABLE_SUBJECTS, type TableSubject } from '../../graph/words.ts';
import { ANSWER_FORMATS, LIST_FORMATS } from '../../render/formats.ts';
import type { CommandSpec } from '../command.ts';
import { oneMoreOf, wholeNumber } from '../options.ts';
import {
  answerQuestion,
  directionOption,
  type GraphOptions,
  walkOptions,
  withGraph,
  withReach,
} from '../question.ts';

const RUN = 'lineage-export/20261121T041500.123Z';

type PathFlags = GraphOptions & {
  readonly depth?: number;
  readonly membership: boolean;
  readonly collapseTwins: boolean;
  readonly direction?: Direction;
};

export const pathCommand = {
  name: 'path',
  summary: 'a shortest way from one entity to another',
  example: `smlineage path s3://my-bucket/data.csv my-endpoint --graph ${RUN}`,
  outputs: ANSWER_FORMATS,
  configure: (command) =>
    withGraph(command.argument('<from>', 'ARN, name or source').argument('<to>', 'ARN, name or source'))
      .option('--depth <n>', 'associations to go at most (default: to the end)', wholeNumber(1))
      .option('--membership', 'follow membership of experiments and trials too', false)
      .option('--collapse-twins', 'take the same data in several accounts (SameAs) for one', false)
      .addOption(directionOption()),
  async run(context, [start, end]: readonly [string, string], flags: PathFlags) {
    const { path } = await import('../../lineage/path.ts');
    const { depth: maxDepth, membership, collapseTwins: collapse, direction } = flags;
    await answerQuestion(context, flags, (graph, signal) =>
      path({ graph, start, end, maxDepth, membership, collapse, direction, signal }),
    );
  },
} satisfies CommandSpec;

type CompareFlags = GraphOptions & Parameters<typeof walkOptions>[0];

export const compareCommand = {
  name: 'compare',
  summary: 'what two entities were made from, side by side',
  example: `smlineage compare model-a model-b --graph ${RUN}`,
  outputs: LIST_FORMATS,
  configure: (command) =>
    withReach(
      withGraph(command.argument('<first>', 'ARN, name or source').argument('<second>', 'the other')),
    ),
  async run(context, [start, other]: readonly [string, string], flags: CompareFlags) {
    const { compare } = await import('../../lineage/compare.ts');
    await answerQuestion(context, flags, (graph, signal) =>
      compare({ graph, start, other, ...walkOptions(flags), signal }),
    );
  },
} satisfies CommandSpec;

type SelectionFlags = GraphOptions & {
  readonly kind?: readonly string[];
  readonly type?: readonly string[];
  readonly unused: boolean;
  readonly limit?: number;
};

export const orphansCommand = {
  name: 'orphans',
  summary: 'what is never used: entities that no association joins to anything',
  example: `smlineage orphans --kind artifact --graph ${RUN}`,
  outputs: LIST_FORMATS,
  configure: (command) =>
    withGraph(command)
      .option('--kind <kinds...>', 'of these kinds only', oneMoreOf(ALL_KINDS))
      .option('--type <types...>', 'of these types only')
      .option('--unused', 'also what was made or registered, and led to nothing', false),
  async run(context, _, { kind: kinds, type: types, unused, ...flags }: SelectionFlags) {
    const { orphans } = await import('../../lineage/orphans.ts');
    await answerQuestion(context, flags, (graph, signal) => orphans({ graph, kinds, types, unused, signal }));
  },
} satisfies CommandSpec;

export const sharedCommand = {
  name: 'shared',
  summary: 'what feeds most endpoints in service',
  example: `smlineage shared --type DataSet --limit 20 --graph ${RUN}`,
  outputs: LIST_FORMATS,
  configure: (command) =>
    withGraph(command)
      .option('--kind <kinds...>', 'of these kinds only (default: artifact)', oneMoreOf(ALL_KINDS))
      .option('--type <types...>', 'of these types only')
      .option('--limit <n>', 'rows to give at most (default: all)', wholeNumber(1)),
  async run(context, _, { kind, type: types, limit, ...flags }: SelectionFlags) {
    const { shared } = await import('../../lineage/most-used.ts');
    await answerQuestion(context, flags, (graph, signal) =>
      shared({ graph, ...(kind && { kinds: kind }), types, limit, signal }),
    );
  },
} satisfies CommandSpec;

type TableFlags = GraphOptions & Readonly<Record<string, unknown>>;

export const tableCommand = {
  name: 'table',
  summary: "what is directly joined to an entity, as the SDK's LineageTableVisualizer shows it",
  example: `smlineage table --training-job my-job --graph ${RUN}`,
  outputs: LIST_FORMATS,
  configure(command) {
    for (const subject of TABLE_SUBJECTS) {
      command.option(`--${subject} <name>`, `the ${subject.replace('-', ' ')}: its name or ARN`);
    }
    return withGraph(command);
  },
  async run(context, _, flags: TableFlags) {
    const { table } = await import('../../lineage/tables.ts');
    const { subject, of } = subjectOf(flags);
    await answerQuestion(context, flags, (graph, signal) => table({ graph, subject, of, signal }));
  },
} satisfies CommandSpec;

type ArtifactsFlags = GraphOptions & {
  readonly sourceUri?: string;
  readonly type?: string;
  readonly sortOrder: 'Ascending' | 'Descending';
};

export const artifactsCommand = {
  name: 'artifacts',
  summary: "the artifacts, as the SDK's ArtifactAnalytics shows them",
  example: `smlineage artifacts --source-uri s3://my-bucket/data.csv --graph ${RUN}`,
  outputs: LIST_FORMATS,
  configure: (command) =>
    withGraph(command)
      .option('--source-uri <uri>', 'of this source only')
      .option('--type <type>', 'of this type only')
      .addOption(
        new Option('--sort-order <order>', 'by time of creation')
          .choices(['Ascending', 'Descending'])
          .default('Descending'),
      ),
  async run(context, _, { sourceUri, type, sortOrder: order, ...flags }: ArtifactsFlags) {
    const { artifacts } = await import('../../lineage/tables.ts');
    await answerQuestion(context, flags, (graph, signal) =>
      artifacts({ graph, sourceUri, type, order, signal }),
    );
  },
} satisfies CommandSpec;

/** @throws LineageError (usage) for none, and for several: the SDK takes the first of its own order, without a word. */
function subjectOf(flags: TableFlags): { readonly subject: TableSubject; readonly of: string } {
  const given = TABLE_SUBJECTS.flatMap((subject) => {
    const of = flags[subject.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    return typeof of === 'string' ? [{ subject, of }] : [];
  });
  const [first, second] = given;
  if (first !== undefined && second === undefined) return first;
  throw new LineageError(
    'usage',
    first === undefined
      ? 'Expected what the table is to be about.'
      : `Expected one entity, got ${given.map(({ subject }) => `--${subject}`).join(' and ')}.`,
    { hint: `Pass one of ${TABLE_SUBJECTS.map((subject) => `--${subject}`).join(', ')}.` },
  );
}
