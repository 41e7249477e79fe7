import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { LineageError } from '../errors.ts';

/** What is read where no file is named, from the working directory. */
const CONFIG_FILE = 'smlineage.config.json';

/** Many times what a thousand accounts take. */
const MOST_BYTES = 1024 * 1024;

/**
 * The text of a configuration file, without a byte order mark. Undefined where no file is named, and none is in the working
 * directory.
 *
 * @throws LineageError (usage) where it is not there, no file, not readable, too large, or not UTF-8
 */
export async function configText(
  named: string | undefined,
): Promise<{ readonly file: string; readonly text: string } | undefined> {
  const file = named ?? CONFIG_FILE;
  const bytes = await bytesOf(file);
  if (bytes === undefined) {
    if (named === undefined) return undefined;
    throw unusable(file, 'found nothing of that name', 'Pass --config with a file that is there.');
  }
  if (bytes.byteLength > MOST_BYTES) throw tooLarge(file, bytes.byteLength);
  return { file, text: utf8Text(file, bytes) };
}

/** Undefined where there is no such file. */
async function bytesOf(file: string): Promise<Buffer | undefined> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) {
      throw unusable(file, 'found a directory', `Pass --config with the file: ${file}/${CONFIG_FILE}?`);
    }
    if (found.size > MOST_BYTES) throw tooLarge(file, found.size);
    return await readFile(file);
  } catch (cause) {
    if (cause instanceof LineageError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unusable(
      file,
      `it cannot be read: ${message}`,
      'Let the user that runs the command read it, or pass --no-config.',
      cause,
    );
  }
}

function utf8Text(file: string, bytes: Buffer): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw unusable(file, 'expected UTF-8, found UTF-16', 'Save it as UTF-8.');
  }
  if (!isUtf8(bytes)) {
    throw unusable(
      `${file}:${firstBadLine(bytes)}`,
      'expected UTF-8, found bytes that are none',
      'Save it as UTF-8.',
    );
  }
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}

/** A line end is one byte, and part of no other character. */
function firstBadLine(bytes: Buffer): number {
  let line = 1;
  let start = 0;
  for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
    if (!isUtf8(bytes.subarray(start, end))) return line;
    line += 1;
    start = end + 1;
  }
  return line;
}

function tooLarge(file: string, bytes: number): LineageError {
  return unusable(
    file,
    `expected at most ${MOST_BYTES} bytes, found ${bytes}`,
    'Is it a configuration file? docs/config.md shows one.',
  );
}

function unusable(file: string, what: string, hint: string, cause?: unknown): LineageError {
  return new LineageError('usage', `${file}: expected a configuration file; ${what}.`, {
    hint,
    details: { file },
    ...(cause === undefined ? {} : { cause }),
  });
}
