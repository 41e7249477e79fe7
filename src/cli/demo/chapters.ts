import type { LabelCount } from '../../neptune/counts.ts';
import { answerTable } from '../../render/answer-table.ts';
import { oneLine, textTable } from '../../render/text-table.ts';
import type { ExportResult } from '../../runs/export.ts';
import type { LoadReport } from '../../runs/load.ts';
import { grouped } from '../progress.ts';
import type { DemoChapter, QueryAnswer } from './run-demo.ts';

/** A part of the demo's story as text. @param width of the terminal in columns; 100 where there is none. */
export function chapterText(chapter: DemoChapter, width = 100): string {
  switch (chapter.chapter) {
    case 'started': {
      const { url, entities, seed, engine } = chapter;
      const graph = engine.ready
        ? 'Neptune (loader, and Apache TinkerPop Gremlin Server for Gremlin)'
        : 'Neptune (loader only: there is no Gremlin engine)';
      return section('A local AWS', [
        `at ${url}: SageMaker with ${grouped(entities)} lineage entities (seed ${seed}), S3, ${graph}.`,
      ]);
    }
    case 'crawled':
      return crawled(chapter.crawl, width);
    case 'uploaded':
      return section('Upload to S3', [
        `${grouped(chapter.bytes)} bytes to ${chapter.uri}, manifest.json last.`,
      ]);
    case 'loaded':
      return loaded(chapter.load, chapter.counted, width);
    case 'queried':
      return section(
        'The queries of the AWS notebook, in Gremlin',
        chapter.queries.map((query) => queried(query, width)),
      );
    case 'answered':
      return section(chapter.asked, [`asked of ${chapter.from}`, answerTable(chapter.answer, width)]);
    case 'ended': {
      const { directory, endpoint, dataset, leftOut } = chapter;
      return section('Next', [
        ...(leftOut === undefined ? [] : [leftOut]),
        `The run is in ${directory}: Neptune bulk-load CSV in data/, and a manifest.`,
        'Ask it again, without any server:',
        `  npx smlineage upstream ${endpoint} --graph ${directory}`,
        `  npx smlineage downstream ${dataset} --graph ${directory}`,
        'Serve the same local AWS to any AWS client:  npx smlineage sandbox --entities 2000 --seed 7',
        'Copy an account of your own:                 npx smlineage export --region <region>',
      ]);
    }
  }
}

function section(title: string, lines: readonly string[]): string {
  return [title, '─'.repeat(title.length), ...lines].join('\n');
}

function crawled(
  { kinds, entities, associations, memberships, calls, pages, files }: ExportResult,
  width: number,
): string {
  const perKind = Object.entries(kinds).map(([kind, { rows, pages }]) => [
    kind,
    grouped(rows),
    grouped(pages),
  ]);
  const perFile = files.map(({ path, rows, bytes }) => [path, grouped(rows), grouped(bytes)]);
  return section('Export', [
    `${grouped(entities)} entities, ${grouped(associations)} associations and ${grouped(memberships)} memberships: ${grouped(pages)} pages in ${grouped(calls)} calls.`,
    '',
    textTable([{ title: 'kind' }, right('rows'), right('pages')], perKind, width),
    '',
    textTable([{ title: 'file' }, right('rows'), right('bytes')], perFile, width),
  ]);
}

function loaded(
  { loadId, status, records, duplicates, durations, verified, byLabel, notes }: LoadReport,
  counted: boolean,
  width: number,
): string {
  const verdict = `Load job ${loadId}: ${status}, ${grouped(records)} records, ${grouped(duplicates)} duplicates, ${durations.load} s.`;
  const counts = [...countRows('vertex', byLabel.vertices), ...countRows('edge', byLabel.edges)];
  if (!counted)
    return section('Load into Neptune', [verdict, 'Not counted in the graph: there is no Gremlin engine.']);
  return section('Load into Neptune', [
    verdict,
    '',
    textTable([{ title: 'element' }, { title: 'label' }, right('manifest'), right('graph')], counts, width),
    '',
    verified ? 'Verified: the graph holds what the manifest says, label by label.' : notes.join('\n'),
  ]);
}

function countRows(
  element: string,
  labels: Readonly<Record<string, LabelCount>>,
): readonly (readonly string[])[] {
  return Object.entries(labels).map(([label, { manifest, graph }]) => [
    element,
    label,
    grouped(manifest),
    grouped(graph),
  ]);
}

function queried({ query, results, first }: QueryAnswer, width: number): string {
  const rows = first.map((result) => `  ${cut(oneLine(resultText(result)), width - 2)}`);
  return [`gremlin> ${query}`, ...rows, `  … ${grouped(results)} results`].join('\n');
}

/** A path as its objects with arrows between them; anything else as JSON. */
function resultText(result: unknown): string {
  const objects = isObject(result) && Array.isArray(result.objects) ? result.objects : undefined;
  return objects === undefined ? JSON.stringify(result) : objects.map(stepText).join(' → ');
}

/** An edge by its label, a vertex by label and the end of its ARN, property values as they are. */
function stepText(step: unknown): string {
  if (!isObject(step) || typeof step.label !== 'string') return JSON.stringify(step);
  const isEdge = 'inV' in step;
  return isEdge ? step.label : `${step.label} ${String(step.id).split(':').at(-1)}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

function right(title: string): { readonly title: string; readonly align: 'right' } {
  return { title, align: 'right' };
}
