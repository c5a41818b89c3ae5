/** Opening what may be no file at all: nothing here waits for a pipe or follows a link. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';

/** Windows has neither. */
const {
  O_RDONLY,
  O_NONBLOCK = 0,
  O_NOFOLLOW = 0,
} = constants as Partial<typeof constants> & {
  O_RDONLY: number;
};

/** Reads an open file from its start. */
export interface OpenFile {
  stat: Stats;
  /** Asks the system again. */
  look: () => Stats;
  /** Fills as much of it as the file has, going on where the last call ended. */
  read: (buffer: Uint8Array) => number;
}

/**
 * Opens a file for some work; it is closed afterwards.
 *
 * @returns Nothing where it is no file but a pipe, a device or the like.
 * @throws What the system says no to; `ELOOP` for a symbolic link.
 */
export function withRegularFile<T>(path: string, work: (file: OpenFile) => T): T | undefined {
  const handle = openSync(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile()) return undefined;
    const read = (buffer: Uint8Array): number => {
      let filled = 0;
      while (filled < buffer.length) {
        const bytes = readSync(handle, buffer, filled, buffer.length - filled, null);
        if (bytes === 0) break;
        filled += bytes;
      }
      return filled;
    };
    return work({ stat, look: () => fstatSync(handle), read });
  } finally {
    closeSync(handle);
  }
}

/** The first bytes of a file as text; nothing where it is no file. */
export function readHead(path: string, bytes: number): string | undefined {
  return withRegularFile(path, ({ read }) => {
    const buffer = Buffer.alloc(bytes);
    return buffer.toString('utf8', 0, read(buffer)).replace(/^\ufeff/, '');
  });
}
