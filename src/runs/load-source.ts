import type { S3Client } from '@aws-sdk/client-s3';
import { LineageError } from '../errors.ts';
import { asFolder, formatS3Uri, type S3Location, under } from '../neptune/s3-uri.ts';
import { getText, listObjects } from '../neptune/upload.ts';
import { MANIFEST_FILE, type Manifest, parseManifest } from '../snapshot/manifest.ts';

/** What the loader is given, and the manifest that says what it holds, where there is one. */
export type LoadSource = { readonly source: string; readonly manifest: Manifest | undefined };

const DATA = 'data/';

/**
 * Finds out what a prefix is: an uploaded run, of which `data/` is loaded; the `data/` of one; or any other files.
 *
 * @throws LineageError (usage) where nothing is there, or what is there holds runs but is none; (validationFailed) where the
 * objects of a run are not those of its manifest: the loader takes every object under its source for data.
 */
export async function findLoadSource(
  s3: S3Client,
  location: S3Location,
  signal?: AbortSignal,
): Promise<LoadSource> {
  const folder = asFolder(location);
  const run = folder.key.endsWith(`/${DATA}`)
    ? { ...folder, key: folder.key.slice(0, -DATA.length) }
    : folder;
  const manifestObject = under(run, MANIFEST_FILE);
  const text = await getText(s3, manifestObject, { signal, deniedIsMissing: true });
  if (text === undefined) {
    await assertLoadable(s3, folder, signal);
    return { source: formatS3Uri(folder), manifest: undefined };
  }
  const manifest = parseManifest(text, formatS3Uri(manifestObject));
  await assertObjects(s3, run, manifest, signal);
  return { source: formatS3Uri(under(run, DATA)), manifest };
}

async function assertLoadable(
  s3: S3Client,
  folder: S3Location,
  signal: AbortSignal | undefined,
): Promise<void> {
  let objects = 0;
  for await (const { key, bytes } of listObjects(s3, folder, signal)) {
    if (key.endsWith(`/${MANIFEST_FILE}`)) {
      const run = formatS3Uri({ ...folder, key: key.slice(0, -MANIFEST_FILE.length) });
      throw new LineageError(
        'usage',
        `${formatS3Uri(folder)} is not a run, but holds runs: the loader would take their manifests for data.`,
        {
          hint: `Pass one of them: ${run}`,
          details: { source: formatS3Uri(folder), run },
        },
      );
    }
    // Consoles leave empty objects that stand for folders.
    if (bytes > 0 || !key.endsWith('/')) objects += 1;
  }
  if (objects > 0) return;
  throw new LineageError('usage', `There is nothing to load under ${formatS3Uri(folder)}.`, {
    hint: 'Pass the URI that `smlineage upload` printed; a prefix is matched to its last letter.',
    details: { source: formatS3Uri(folder) },
  });
}

async function assertObjects(
  s3: S3Client,
  run: S3Location,
  manifest: Manifest,
  signal: AbortSignal | undefined,
): Promise<void> {
  const expected = new Map(
    manifest.files
      .filter(({ path }) => path.startsWith(DATA))
      .map(({ path, bytes }) => [under(run, path).key, bytes]),
  );
  const wrong: string[] = [];
  for await (const { key, bytes } of listObjects(s3, under(run, DATA), signal)) {
    const expectedBytes = expected.get(key);
    expected.delete(key);
    if (expectedBytes === undefined) wrong.push(`${key} is not in the manifest`);
    else if (expectedBytes !== bytes) wrong.push(`${key} has ${bytes} bytes, not ${expectedBytes}`);
  }
  wrong.push(...[...expected.keys()].map((key) => `${key} is missing`));
  if (wrong.length === 0) return;
  const more = wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : '';
  throw new LineageError(
    'validationFailed',
    `The objects of ${formatS3Uri(run)} are not those of its manifest: ${wrong[0]}${more}.`,
    {
      hint: 'Upload the run again under a new prefix; nothing else should write there.',
      details: { run: manifest.run, wrong: wrong.slice(0, 20) },
    },
  );
}
