/** What is told of files and directories, in sentences. */
import { messageOf } from '../errors.js';
import { systemCode } from '../files.js';
import { formatBytes } from '../format.js';
import type { Written } from './generated.js';
import type { FileNote, NoteCode } from './sourcefile.js';

/** Takes a note for the report. */
export type Tell = (note: FileNote) => void;

const SENTENCES = {
  SYMLINK:
    'a symbolic link is not followed; what it leads to is analysed where it lies in the root',
  NOT_A_FILE: 'a pipe, a socket or a device is not opened',
  VANISHED: 'it was there when the directory was listed, and gone when it was looked at',
  CHANGED: 'it changed while it was analysed; run it again when nothing writes to it',
  NAME: 'its name is no UTF-8, so no path can say it; rename it to have it analysed',
  MINIFIED: 'it is minified, so only the file itself is in the graph; analyse what it was made of',
  GENERATED: 'a program generated it, so only the file itself is in the graph',
  BINARY:
    'it holds zero bytes, so only the file itself is in the graph; save it as UTF-8 if it is text',
  SUBMODULE:
    'the submodule is not checked out, so nothing of it is in the graph: git submodule update --init',
} satisfies Partial<Record<NoteCode, string>>;

/** A note that is the same for every file. */
export function noteOf(file: string, code: keyof typeof SENTENCES): FileNote {
  const canBeAsked = code === 'MINIFIED' || code === 'GENERATED';
  const hint = canBeAsked ? '. A line ! and its path in .kgloadignore brings it back' : '';
  return { file, code, message: SENTENCES[code] + hint };
}

export function writtenNote(file: string, only: Written): FileNote {
  return noteOf(file, only === 'minified' ? 'MINIFIED' : 'GENERATED');
}

export function sizeNote(file: string, size: number, maxSize: number): FileNote {
  const message = `it has ${formatBytes(size)}, more than the ${formatBytes(maxSize)} that a file may have, so only the file itself is in the graph`;
  return { file, code: 'TOO_LARGE', message };
}

const REASONS: Record<string, string> = {
  EACCES: 'you have no permission',
  EPERM: 'you have no permission',
  EIO: 'the device fails',
  ELOOP: 'it is a symbolic link, which is not followed',
  ENAMETOOLONG: 'its path is too long',
  EMFILE: 'too many files are open (ulimit -n)',
  ENFILE: 'too many files are open',
};

/** What the system does not let read. */
export function unreadableNote(file: string, error: unknown): FileNote {
  const code = systemCode(error) ?? '';
  const reason = Object.hasOwn(REASONS, code) ? `${REASONS[code] ?? ''} (${code})` : undefined;
  return { file, code: 'UNREADABLE', message: `it cannot be read: ${reason ?? messageOf(error)}` };
}

/** A note on many files or directories of a kind, which names the first ones; none where there are none. */
export function groupedNotes(
  code: NoteCode,
  paths: readonly string[],
  sentence: (names: string, first: string) => string,
): FileNote[] {
  const [first, ...others] = paths.toSorted();
  if (first === undefined) return [];
  const shown = [first, ...others.slice(0, 2)].join(', ');
  const more = paths.length - Math.min(paths.length, 3);
  const message = sentence(more === 0 ? shown : `${shown} and ${more} more`, first);
  return [{ file: first, code, message, count: paths.length }];
}
