/** Who locks a database file. Linux tells; elsewhere nobody knows. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { systemCode } from '../files.js';
import { processExists } from './processes.js';

export interface LockHolder {
  pid: number;
  /** Its name, for people. */
  name: string;
  /** Its command line. */
  command: string;
}

export interface FileId {
  dev: bigint;
  ino: bigint;
}

/** A file that a process has open. */
interface OpenFile extends FileId {
  descriptor: string;
}

/** A process that locks a file, if one does: proc(5), /proc/locks. */
export function lockHolder(path: string): LockHolder | undefined {
  try {
    const file = fileId(path);
    const pid = file && holderIn(readFileSync('/proc/locks', 'utf8'), file, openFiles);
    if (pid === undefined) return undefined;
    return {
      pid,
      name: readFileSync(`/proc/${pid}/comm`, 'utf8').trim(),
      command: readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
    };
  } catch {
    return undefined;
  }
}

/**
 * The process that locks a file, from the text of /proc/locks. An inode's number is its own on one
 * device only. The device may be another there than stat(2) has, on btrfs and overlayfs; then what
 * the process has open decides, and where nobody may see that, the number is enough.
 *
 * @param filesOf - What a process has open, or nothing where that can't be seen.
 */
export function holderIn(
  locks: string,
  { dev, ino }: FileId,
  filesOf: (pid: number) => FileId[] | undefined,
): number | undefined {
  const device = deviceText(dev);
  const candidates = locks.split('\n').flatMap((line) => {
    // 1: POSIX  ADVISORY  WRITE 2848 fe:00:10535593 0 EOF; one that waits has `->` before POSIX.
    const [, type, , , pid = '', file = ''] = line.trim().split(/\s+/);
    const at = file.lastIndexOf(':');
    if (type !== 'POSIX' || file.slice(at + 1) !== String(ino) || !(Number(pid) > 0)) return [];
    return [{ pid: Number(pid), isExact: file.slice(0, at) === device }];
  });
  const holder =
    candidates.find(({ isExact }) => isExact) ??
    candidates.find(({ pid }) => {
      const files = filesOf(pid);
      return !files || files.some((file) => file.dev === dev && file.ino === ino);
    });
  return holder?.pid;
}

/** A device's number as /proc/locks writes it; makedev(3). */
function deviceText(dev: bigint): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n);
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n);
  return [major, minor].map((part) => part.toString(16).padStart(2, '0')).join(':');
}

/** Whatever stands at a path; nothing where nothing does. */
export function fileId(path: string): FileId | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}

/**
 * Whether this process itself locks a file: /proc/self/fdinfo, which tells its own locks from those that
 * came with a descriptor it inherited. Reading /proc/locks waits 10 to 40 ms for all processors.
 */
export function isLockedHere({ dev, ino }: FileId): boolean {
  return (openFiles('self') ?? []).some((file) => {
    if (file.dev !== dev || file.ino !== ino) return false;
    try {
      return /^lock:.* POSIX /m.test(readFileSync(`/proc/self/fdinfo/${file.descriptor}`, 'utf8'));
    } catch {
      return false; // It was closed meanwhile.
    }
  });
}

/** What a process has open; nothing where that can't be seen. */
function openFiles(pid: number | 'self'): OpenFile[] | undefined {
  const directory = `/proc/${pid}/fd`;
  let links: string[];
  try {
    links = readdirSync(directory);
  } catch (error) {
    const isGone = systemCode(error) === 'ENOENT' && process.platform === 'linux';
    return isGone ? [] : undefined;
  }
  return links.flatMap((descriptor) => {
    const file = fileId(`${directory}/${descriptor}`);
    return file ? [{ dev: file.dev, ino: file.ino, descriptor }] : [];
  });
}

/**
 * Whether a lock's holder ends by itself: it is a worker whose supervisor was killed, or is being
 * taken apart already, and then has no command line any more, or is gone.
 */
export function isDying(holder: LockHolder | undefined): boolean {
  if (!holder) return process.platform === 'linux';
  if (holder.command === '') return true;
  // The supervisor's number is the worker's argument.
  const [, supervisor] = /worker\.js\0(\d+)\0/.exec(holder.command) ?? [];
  return supervisor !== undefined && !processExists(Number(supervisor));
}
