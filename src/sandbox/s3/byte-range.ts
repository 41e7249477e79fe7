import { S3Error } from './s3-error.ts';

/** First and last byte, both included. */
export type ByteRange = { readonly first: number; readonly last: number };

/**
 * The range that a Range header asks for; undefined for the whole: without the header, and for what S3 passes over
 * (several ranges, other units). @throws S3Error InvalidRange where no byte of it exists
 */
export function byteRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  const isSuffix = from === '';
  const first = isSuffix ? Math.max(0, size - Number(to)) : Number(from);
  const last = isSuffix || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (!isSuffix && to !== '' && Number(to) < Number(from)) return undefined;
  if (first <= last) return { first, last };
  throw new S3Error('InvalidRange', 'The requested range is not satisfiable', {
    extra: { RangeRequested: header ?? '', ActualObjectSize: String(size) },
    headers: { 'content-range': `bytes */${size}` },
  });
}

/** The bytes of one part of a multipart object; undefined where it has no such part. An object put whole is its part 1. */
export function partRange(sizes: readonly number[], size: number, part: number): ByteRange | undefined {
  const parts = sizes.length === 0 ? [size] : sizes;
  const length = parts[part - 1];
  if (length === undefined) return undefined;
  const first = parts.slice(0, part - 1).reduce((sum, one) => sum + one, 0);
  return { first, last: first + length - 1 };
}
