import { access, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckedFile } from '../csv/check/text.ts';
import { diskSink, type FileSink } from '../csv/file.ts';
import { localFile } from './source-files.ts';

/** The files of a run under way, wherever they lie; paths are from its directory. */
export type RunFiles = {
  /** A file, as messages name it. */
  nameOf(path: string): string;
  /** To read pieces of a file. */
  open(path: string): Promise<FilePieces>;
  /** To read a file from its beginning, as often as one likes; on disk, one that is not there counts as empty. */
  file(path: string, bytes: number): CheckedFile;
  /** To write a file, which has its name only once it is whole. */
  create(path: string): FileSink;
};

/** A file that is read piece by piece. */
export type FilePieces = {
  readonly bytes: number;
  /** Fewer bytes where the file ends. */
  read(at: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
};

/** The files of a run directory. */
export function diskFiles(directory: string): RunFiles {
  const nameOf = (path: string) => join(directory, path);
  return {
    nameOf,
    open: (path) => openOnDisk(nameOf(path)),
    file: (path, bytes) => emptyWhereMissing(localFile(nameOf(path), bytes)),
    create: (path) => diskSink(nameOf(path)),
  };
}

function emptyWhereMissing(file: CheckedFile): CheckedFile {
  return {
    ...file,
    async *open() {
      const isThere = await access(file.name).then(
        () => true,
        () => false,
      );
      if (isThere) yield* file.open();
    },
  };
}

export async function openOnDisk(path: string): Promise<FilePieces> {
  const file = await open(path, 'r');
  const { size } = await file.stat();
  return {
    bytes: size,
    async read(at, length) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
      return buffer.subarray(0, bytesRead);
    },
    close: () => file.close(),
  };
}
