import { arnKey } from '../../graph/arn.ts';
import { bucketOf, NO_FILE, type RowPlace } from './builder.ts';
import { keyBytes, keyHash } from './key.ts';
import type { CompactSections } from './sections.ts';

/** Who is joined to whom, by vertex numbers from 0. Ids are matched whatever their case. */
export type CompactGraph = {
  readonly size: number;
  /** The number of an id, or undefined where neither a row nor an edge names it. */
  number(id: string): number | undefined;
  /** The id of a number, as it was first spelled. */
  id(number: number): string;
  /** Where the vertex's row stands, if that is known. */
  place(number: number): RowPlace | undefined;
  /** The numbers at the far ends of a vertex's edges, and their labels, both by index. */
  edges(
    number: number,
    direction: 'upstream' | 'downstream',
  ): { readonly ends: Uint32Array; readonly labels: Uint32Array };
  label(number: number): string;
  /** Vertices that may be found by this text: all that can, and by chance one that cannot. */
  withText(text: string): readonly number[];
};

export function compactGraph(sections: CompactSections): CompactGraph {
  const size = sections.length('idStarts') - 1;
  const slots = sections.length('slots');
  const buckets = sections.length('textStarts') - 1;
  const numbers = new Map<string, number>();
  const texts = new Map<number, string>();

  function id(number: number): string {
    const known = texts.get(number);
    if (known !== undefined) return known;
    const starts = sections.all('idStarts');
    const bytes = sections.part('ids', starts[number] ?? 0, starts[number + 1] ?? 0);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
    texts.set(number, text);
    numbers.set(text, number);
    return text;
  }

  function search(wanted: string): number | undefined {
    const key = keyBytes(wanted);
    for (let slot = keyHash(key, 0, key.length) & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const [entry = 0] = sections.part('slots', slot, slot + 1);
      if (entry === 0) return undefined;
      if (arnKey(id(entry - 1)) === arnKey(wanted)) return entry - 1;
    }
  }

  return {
    size,
    id,
    number: (wanted) => numbers.get(wanted) ?? search(wanted),
    place(number) {
      const file = sections.all('rowFile')[number] ?? NO_FILE;
      if (file === NO_FILE) return undefined;
      return {
        file,
        start: sections.all('rowStart')[number] ?? 0,
        length: sections.all('rowLength')[number] ?? 0,
      };
    },
    edges(number, direction) {
      const [starts, ends, labels] =
        direction === 'downstream'
          ? ([sections.all('outStarts'), sections.all('outEnds'), sections.all('outLabels')] as const)
          : ([sections.all('inStarts'), sections.all('inEnds'), sections.all('inLabels')] as const);
      const [from, to] = [starts[number] ?? 0, starts[number + 1] ?? 0];
      return { ends: ends.subarray(from, to), labels: labels.subarray(from, to) };
    },
    label: (number) => sections.labels[number] ?? '',
    withText(text) {
      if (sections.length('textHashes') === 0) return [];
      const key = keyBytes(text);
      const hash = keyHash(key, 0, key.length);
      const bucket = bucketOf(hash, buckets);
      const [from = 0, to = 0] = sections.part('textStarts', bucket, bucket + 2);
      const vertices = sections.part('textVertices', from, to);
      const found: number[] = [];
      sections.part('textHashes', from, to).forEach((other, index) => {
        if (other === hash) found.push(vertices[index] ?? 0);
      });
      return [...new Set(found)];
    },
  };
}
