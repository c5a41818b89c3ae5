/** Reading one source file: its text, and the hash of its bytes. */
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../files.js';
import { decodeSource } from './encoding.js';
import { judgeText } from './generated.js';
import { noteOf, sizeNote, unreadableNote, writtenNote } from './notes.js';
import { withRegularFile, type OpenFile } from './regularfile.js';
import { MAX_SIZE, type FileNote, type Only, type SourceFile } from './sourcefile.js';

export interface Source {
  /** Without a byte order mark; lines end as in the file. Nothing where `only` says why. */
  text?: string;
  only?: Only;
  /** SHA-256 of the bytes, in hex. Nothing of what cannot be read, or is too large for that too. */
  hash?: string;
  /** In lower case, as the Encoding Standard calls it. */
  encoding?: string;
  /** Those of the file that was read, which may be another one than was listed. */
  size: number;
  modified: number;
  notes: FileNote[];
}

/** Nobody waits until more is hashed: a file without blocks may claim to have terabytes. */
const MAX_HASHED = 1_000_000_000;

const CHUNK = 1 << 20;

/**
 * Reads a file that was found. It fails for no file: what it is instead is said in `only` and `notes`.
 *
 * @param maxSize - As in discovery; the file may have grown since.
 */
export function readSource(root: string, file: SourceFile, maxSize = MAX_SIZE): Source {
  const { path, size, modified } = file;
  const nothing = { only: 'unreadable', size, modified } as const;
  try {
    const read = (open: OpenFile): Source => readOpen(file, open, maxSize);
    const source = withRegularFile(join(root, path), read);
    return source ?? { ...nothing, notes: [noteOf(path, 'NOT_A_FILE')] };
  } catch (error) {
    const isGone = ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '');
    const note = isGone ? noteOf(path, 'VANISHED') : unreadableNote(path, error);
    return { ...nothing, notes: [note] };
  }
}

function readOpen(file: SourceFile, open: OpenFile, maxSize: number): Source {
  const { path } = file;
  const { size, mtimeMs: modified } = open.stat;
  const notes: FileNote[] = [];
  const { bytes, hash } = readBytes(open, file.only ? 0 : maxSize);
  if (
    ![file, sizeAndTime(open.look())].every((at) => at.size === size && at.modified === modified)
  ) {
    notes.push(noteOf(path, 'CHANGED'));
  }
  const about = { ...(hash !== undefined && { hash }), size, modified, notes };
  if (file.only) return { ...about, only: file.only };
  if (!bytes) {
    notes.push(sizeNote(path, open.look().size, maxSize));
    return { ...about, only: 'too large' };
  }
  const decoded = decodeSource(bytes, file.language === 'python');
  if (!decoded) {
    notes.push(noteOf(path, 'BINARY'));
    return { ...about, only: 'binary' };
  }
  const { text, encoding, doubt } = decoded;
  if (doubt !== undefined) notes.push({ file: path, code: 'ENCODING', message: doubt });
  const only = file.isWanted ? undefined : judgeText(path, text);
  if (!only) return { ...about, text, encoding };
  notes.push(writtenNote(path, only));
  return { ...about, only, encoding };
}

function sizeAndTime({ size, mtimeMs }: Stats): { size: number; modified: number } {
  return { size, modified: mtimeMs };
}

/** The hash of a file, and its bytes if there are no more than may be, whatever its size is said to be. */
function readBytes(open: OpenFile, maxSize: number): { bytes?: Buffer; hash?: string } {
  const { size } = open.stat;
  if (size > MAX_HASHED) return {};
  const hash = createHash('sha256');
  const parts: Buffer[] = [];
  let isKept = size <= maxSize;
  // One byte more than there should be: the file ends there, or it grows.
  let buffer = Buffer.allocUnsafe(isKept ? size + 1 : CHUNK);
  for (let total = 0; ;) {
    const part = buffer.subarray(0, open.read(buffer));
    hash.update(part);
    total += part.length;
    if (total > MAX_HASHED) return {};
    isKept &&= total <= maxSize;
    if (isKept) parts.push(part);
    if (part.length < buffer.length) break;
    if (isKept || buffer.length !== CHUNK) buffer = Buffer.allocUnsafe(CHUNK);
  }
  const [only = Buffer.alloc(0), ...more] = parts;
  const bytes = more.length === 0 ? only : Buffer.concat(parts);
  return { hash: hash.digest('hex'), ...(isKept && { bytes }) };
}
