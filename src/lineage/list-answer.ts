import type { ListAnswer, ListCell } from '../graph/answer.ts';
import type { Vertex } from '../graph/elements.ts';
import type { LineageGraph } from './graph.ts';
import { sourceOf } from './reach.ts';

export type Row = Readonly<Record<string, ListCell>>;

type Listed<R extends Row> = {
  readonly question: string;
  readonly about: readonly Vertex[];
  readonly columns: readonly (keyof R & string)[];
  readonly rows: readonly R[];
  /** Why something may be missing, besides what the graph itself says; each counts once. */
  readonly reasons?: readonly (string | undefined)[] | undefined;
};

/** A list as an answer: with where it comes from, and whether it is complete. */
export function listAnswer<R extends Row>(
  graph: LineageGraph,
  { question, about, columns, rows, reasons = [] }: Listed<R>,
): ListAnswer<R> {
  const stated = [graph.incompleteReason, ...reasons].filter((reason) => reason !== undefined);
  return {
    question,
    about,
    source: sourceOf(graph),
    complete: stated.length === 0,
    ...(stated.length === 0 ? {} : { incompleteReason: [...new Set(stated)].join('; ') }),
    columns,
    rows,
  };
}

/** The reason of another answer that went into a list, without what the graph says of itself. */
export function ownReason(
  { incompleteReason }: { readonly incompleteReason?: string },
  graph: LineageGraph,
): string | undefined {
  const own = incompleteReason?.replace(graph.incompleteReason ?? '', '').replace(/^; /, '');
  return own === '' ? undefined : own;
}

/** A property as text, or null where the vertex has none. */
export function cell({ properties }: Vertex, name: string): string | null {
  const value = properties[name];
  return value === undefined ? null : String(value);
}

/** What people call a vertex: its name, else what it stands for, else null. */
export function calling(vertex: Vertex): string | null {
  return cell(vertex, 'name') ?? cell(vertex, 'sourceuri') ?? cell(vertex, 'sourcearn');
}

/** Why an answer lacks what only Describe and Search give, where no vertex has it. */
export async function lackReason(
  graph: LineageGraph,
  { property, what, flags = '--detail full', signal }: Lack,
): Promise<string | undefined> {
  return (await graph.holds(property, { signal }))
    ? undefined
    : `the graph holds no ${what} (export with \`${flags}\`)`;
}

type Lack = {
  readonly property: string;
  /** What the property tells. */
  readonly what: string;
  /** What makes an export hold it. @default '--detail full' */
  readonly flags?: string;
  readonly signal?: AbortSignal | undefined;
};
