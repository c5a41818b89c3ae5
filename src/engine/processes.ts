/** Other processes, as far as the system tells of them. */
import { readFileSync } from 'node:fs';
import { systemCode } from '../files.js';

/** Whether a process is there, and no zombie: in a container without an init process these stay. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
  }
  return processStat(pid)?.state !== 'Z';
}

/** proc(5), /proc/pid/stat: fields 3 and 22; the command before them may hold spaces. */
export function processStat(pid: number): { state: string; began: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', began: fields[19] ?? '' };
  } catch {
    return undefined; // Not Linux, or no such process.
  }
}

/** Blocks this thread. */
export function sleepSync(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
