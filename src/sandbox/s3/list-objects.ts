import type { PageFault, SandboxReply } from '../service.ts';
import type { S3Object } from './buckets.ts';
import { type BucketCall, isoTime, query, queryNumber, quoted, xmlReply } from './call.ts';
import { ownerId } from './owner.ts';
import { S3Error } from './s3-error.ts';
import { firstNotBefore } from './utf8-order.ts';
import type { XmlContent } from './xml.ts';

const PAGE_LIMIT = 1000;

/** A place in a listing: behind one key, or behind all keys of one common prefix. */
type Place = { readonly key: string } | { readonly prefix: string };

type Page = {
  readonly objects: readonly S3Object[];
  readonly prefixes: readonly string[];
  /** Where the next page goes on; undefined at the end. */
  readonly next: Place | undefined;
};

/** ListObjectsV2. */
export function listObjectsV2(call: BucketCall): SandboxReply {
  const token = query(call, 'continuation-token');
  const startAfter = query(call, 'start-after');
  const after =
    token === undefined ? (startAfter === undefined ? undefined : { key: startAfter }) : parseToken(token);
  const listing = listingOf(call);
  if (token !== undefined && call.request.pageFault === 'expired-token') throw incorrectToken(token);
  const page = faultedPage(pageAfter(call, listing, after), after, call.request.pageFault);
  const text = encoder(call);
  const owner = query(call, 'fetch-owner') === 'true' ? { Owner: ownerOf(call) } : {};
  return xmlReply('ListBucketResult', {
    Name: call.bucket.name,
    Prefix: text(listing.prefix),
    Delimiter: listing.delimiter === '' ? undefined : text(listing.delimiter),
    MaxKeys: listing.maxKeys,
    EncodingType: query(call, 'encoding-type'),
    KeyCount: page.objects.length + page.prefixes.length,
    IsTruncated: page.next !== undefined,
    ContinuationToken: token,
    NextContinuationToken: page.next && formatToken(page.next),
    StartAfter: startAfter === undefined ? undefined : text(startAfter),
    Contents: page.objects.map((object) => ({ ...summary(object, text), ...owner })),
    CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: text(prefix) })),
  });
}

/** ListObjects, the older form: `marker` is a key or a common prefix, and clients may go on from the last key. */
export function listObjects(call: BucketCall): SandboxReply {
  const marker = query(call, 'marker') ?? '';
  const listing = listingOf(call);
  const isPrefix = listing.delimiter !== '' && marker.endsWith(listing.delimiter);
  const after = marker === '' ? undefined : isPrefix ? { prefix: marker } : { key: marker };
  const page = pageAfter(call, listing, after);
  const text = encoder(call);
  const next = page.next && ('key' in page.next ? page.next.key : page.next.prefix);
  return xmlReply('ListBucketResult', {
    Name: call.bucket.name,
    Prefix: text(listing.prefix),
    Marker: text(marker),
    NextMarker: next === undefined || listing.delimiter === '' ? undefined : text(next),
    Delimiter: listing.delimiter === '' ? undefined : text(listing.delimiter),
    MaxKeys: listing.maxKeys,
    EncodingType: query(call, 'encoding-type'),
    IsTruncated: page.next !== undefined,
    Contents: page.objects.map((object) => ({ ...summary(object, text), Owner: ownerOf(call) })),
    CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: text(prefix) })),
  });
}

type Listing = { readonly prefix: string; readonly delimiter: string; readonly maxKeys: number };

function listingOf(call: BucketCall): Listing {
  return {
    prefix: query(call, 'prefix') ?? '',
    delimiter: query(call, 'delimiter') ?? '',
    maxKeys: Math.min(queryNumber(call, 'max-keys', PAGE_LIMIT), PAGE_LIMIT),
  };
}

function pageAfter({ bucket }: BucketCall, listing: Listing, after: Place | undefined): Page {
  const { keys } = bucket;
  const objects: S3Object[] = [];
  const prefixes: string[] = [];
  let last: Place | undefined;
  let index = Math.max(
    firstNotBefore(keys, listing.prefix),
    after === undefined ? 0 : firstBehind(keys, after),
  );
  while (keys[index]?.startsWith(listing.prefix)) {
    if (objects.length + prefixes.length === listing.maxKeys) return { objects, prefixes, next: last };
    const key = keys[index] ?? '';
    const group = groupOf(key, listing);
    const object = bucket.objects.get(key);
    if (group !== undefined) prefixes.push(group);
    else if (object !== undefined) objects.push(object);
    last = group === undefined ? { key } : { prefix: group };
    index = firstBehind(keys, last);
  }
  return { objects, prefixes, next: undefined };
}

/** The part of the key that it shares with its group: up to the first delimiter behind the prefix. */
function groupOf(key: string, { prefix, delimiter }: Listing): string | undefined {
  const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

const LAST_CHARACTER = '\u{10ffff}';

function firstBehind(keys: readonly string[], place: Place): number {
  if ('key' in place) {
    const index = firstNotBefore(keys, place.key);
    return keys[index] === place.key ? index + 1 : index;
  }
  let index = firstNotBefore(keys, `${place.prefix}${LAST_CHARACTER}`);
  while (keys[index]?.startsWith(place.prefix)) index += 1;
  return index;
}

/** A page with nothing on it, or one that leads to itself; the place before the first page is behind the key ''. */
function faultedPage(page: Page, after: Place | undefined, fault: PageFault | undefined): Page {
  const here = after ?? { key: '' };
  if (fault === 'empty-page') return { objects: [], prefixes: [], next: here };
  return fault === 'repeated-token' ? { ...page, next: here } : page;
}

function formatToken(place: Place): string {
  return Buffer.from('key' in place ? `k${place.key}` : `p${place.prefix}`).toString('base64');
}

function parseToken(token: string): Place {
  const text = Buffer.from(token, 'base64').toString();
  const place = text.startsWith('k') ? { key: text.slice(1) } : { prefix: text.slice(1) };
  if (formatToken(place) === token) return place;
  throw incorrectToken(token);
}

function incorrectToken(token: string): S3Error {
  return new S3Error('InvalidArgument', 'The continuation token provided is incorrect', {
    extra: { ArgumentName: 'continuation-token', ArgumentValue: token },
  });
}

function summary(
  { key, lastModified, etag, body, checksum, headers }: S3Object,
  text: (key: string) => string,
) {
  return {
    Key: text(key),
    LastModified: isoTime(lastModified),
    ETag: quoted(etag),
    ...(checksum && { ChecksumAlgorithm: checksum.algorithm, ChecksumType: checksum.type }),
    Size: body.length,
    StorageClass: headers['x-amz-storage-class'] ?? 'STANDARD',
  } satisfies XmlContent;
}

function ownerOf({ options }: BucketCall) {
  return { ID: ownerId(options.account) };
}

/** With `encoding-type=url` keys are percent-encoded, so that XML can carry every one of them. */
function encoder(call: BucketCall): (text: string) => string {
  const type = query(call, 'encoding-type');
  if (type === undefined) return (text) => text;
  if (type !== 'url') {
    throw new S3Error('InvalidArgument', 'Invalid Encoding Method specified in Request', {
      extra: { ArgumentName: 'encoding-type', ArgumentValue: type },
    });
  }
  return (text) => encodeURIComponent(text).replaceAll('%2F', '/');
}
