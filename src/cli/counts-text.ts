import type { GraphCounts } from '../neptune/counts.ts';
import { type TableColumn, textTable } from '../render/text-table.ts';
import { grouped } from './progress.ts';

/** `2 vertices and 1 edge` */
export function elementsText(vertices: number, edges: number): string {
  return `${verticesText(vertices)} and ${edgesText(edges)}`;
}

export function verticesText(count: number): string {
  return `${grouped(count)} ${count === 1 ? 'vertex' : 'vertices'}`;
}

export function edgesText(count: number): string {
  return `${grouped(count)} ${count === 1 ? 'edge' : 'edges'}`;
}

const COLUMNS: readonly TableColumn[] = [
  { title: 'element' },
  { title: 'label' },
  { title: 'count', align: 'right' },
];

/** Counts by label, one a line. */
export function countsTable({ vertices, edges }: GraphCounts, width: number | undefined): string {
  const rows = (element: string, counts: GraphCounts['edges']) =>
    Object.entries(counts).map(([label, count]) => [element, label, grouped(count)]);
  return textTable(COLUMNS, [...rows('vertex', vertices), ...rows('edge', edges)], width);
}

/** Of all labels together. */
export function total(counts: GraphCounts['edges']): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
