import type { Answer, AnswerVertex } from '../graph/answer.ts';
import type { Edge, Vertex } from '../graph/elements.ts';
import { objectOf } from './filter.ts';
import { cell } from './list-answer.ts';
import { compareText } from './order.ts';

/** What one job was told and given. */
export type JobRecipe = {
  /** The trial component. */
  readonly component: AnswerVertex;
  /** What went in, with the job's name for it where the run has it; the image is among them. */
  readonly inputs: readonly { readonly channel: string | null; readonly vertex: Vertex }[];
  /** Values by name, as text. Only after an export with `--detail full`. */
  readonly parameters: Readonly<Record<string, string>>;
};

/** The jobs of an answer, those that ran first at the beginning, each with its direct inputs. */
export function recipesOf({ vertices, between, start, edges }: Answer): readonly JobRecipe[] {
  const byId = new Map<string, Vertex>([start, ...between, ...vertices].map((vertex) => [vertex.id, vertex]));
  const inputs = new Map<string, Vertex[]>();
  for (const { from, to } of edges.filter(isInput)) {
    const input = byId.get(from);
    if (input !== undefined) inputs.set(to, [...(inputs.get(to) ?? []), input]);
  }
  return vertices
    .filter(({ label }) => label === 'trial_component')
    .toSorted((a, b) => startMs(a) - startMs(b) || b.depth - a.depth || compareText(a.id, b.id))
    .map((component) => ({
      component,
      inputs: (inputs.get(component.id) ?? []).map((vertex) => ({
        channel: channelOf(component, vertex),
        vertex,
      })),
      parameters: parametersOf(component),
    }));
}

/** Parameters of a trial component by name, numbers as text. */
export function parametersOf(component: Vertex): Readonly<Record<string, string>> {
  const entries = Object.entries(objectOf(cell(component, 'parameters') ?? '{}'));
  return Object.fromEntries(entries.map(([name, value]) => [name, parameterText(value)]));
}

/** The digest in an image's URI, or null where it is named by a tag, which may be moved. */
export function digestOf(uri: string | null): string | null {
  return /@(sha256:[0-9a-f]{64})$/.exec(uri ?? '')?.[1] ?? null;
}

/** A number that JSON has none for is an object with its name. */
function parameterText(value: unknown): string {
  const inner = typeof value === 'object' && value !== null ? Object.values(value)[0] : value;
  return typeof inner === 'string' ? inner : JSON.stringify(inner);
}

function isInput({ from, to }: Edge): boolean {
  return from !== to;
}

function channelOf(component: Vertex, input: Vertex): string | null {
  const uri = cell(input, 'sourceuri');
  const channels = Object.entries(objectOf(cell(component, 'inputartifacts') ?? '{}'));
  const found = channels.find(([, value]) => (Object(value) as { readonly Value?: unknown }).Value === uri);
  return uri === null ? null : (found?.[0] ?? null);
}

function startMs({ properties }: Vertex): number {
  return Number(properties.starttimems ?? properties.creationtimems ?? 0);
}
