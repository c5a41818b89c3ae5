/**
 * Runs a program to its end and measures the whole of it: wall time from spawn to the end of its
 * output; CPU time and peak memory with all its children, on Linux.
 *
 * CPU is what the kernel adds to this process when it reaps a child, which has what that child
 * reaped (proc(5), cutime and cstime), in steps of 10 ms. `process.resourceUsage` leaves children
 * out, and /usr/bin/time is not everywhere. Memory is the resident size summed over the process and
 * its descendants every 20 ms, at its highest, or the kernel's own high-water mark of the largest of
 * them where that is more. Pages that two processes share, such as Node's program text, count twice.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Program {
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** Where it runs; default: here. */
  cwd?: string;
}

export interface Sample {
  /** Seconds. */
  wall: number;
  /** Seconds, user and system; absent where the system does not tell. */
  cpu?: number;
  /** Bytes; absent where the system does not tell. */
  peakRss?: number;
}

const SAMPLE_MS = 20;

/** sysconf(_SC_CLK_TCK) on every Linux. */
const TICKS_PER_SECOND = 100;

/** @throws When the program fails. */
export async function measure(program: Program): Promise<{ sample: Sample; stdout: string }> {
  const { command, args, env, cwd } = program;
  const cpuBefore = reapedCpu();
  const began = performance.now();
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let peakRss = 0;
  const timer = setInterval(() => {
    peakRss = Math.max(peakRss, residentBytes(child.pid ?? 0));
  }, SAMPLE_MS);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(
    (resolve, reject) => {
      child.on('error', reject);
      child.on('close', (...end) => {
        resolve(end);
      });
    },
  ).finally(() => {
    clearInterval(timer);
  });
  const wall = (performance.now() - began) / 1000;
  const cpuAfter = reapedCpu();
  if (code !== 0) {
    const line = [command, ...args].join(' ');
    throw new Error(`${line} ended with ${signal ?? String(code)}: ${stderr.slice(-2000)}`);
  }
  return {
    sample: {
      wall,
      ...(cpuBefore !== undefined && cpuAfter !== undefined && { cpu: cpuAfter - cpuBefore }),
      ...(peakRss > 0 && { peakRss }),
    },
    stdout,
  };
}

/** CPU seconds that a process has taken so far, without its children. */
export function cpuOf(pid: number): number | undefined {
  return seconds(String(pid), 14);
}

/** CPU seconds of all children that were reaped so far. */
function reapedCpu(): number | undefined {
  return seconds('self', 16);
}

/** The sum of a field of proc(5)'s stat and the next one: user and system time. */
function seconds(pid: string, field: number): number | undefined {
  const stat = readProc(`${pid}/stat`);
  // The second field, the command, may hold spaces.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields && (Number(fields[field - 3]) + Number(fields[field - 2])) / TICKS_PER_SECOND;
}

/** What a process and its descendants hold now, or the largest of them held once. */
function residentBytes(pid: number): number {
  let sum = 0;
  let highest = 0;
  // Node and Python start their children from their main thread.
  for (const pids = [pid]; pids.length > 0;) {
    const next = pids.pop() ?? 0;
    const status = readProc(`${next}/status`);
    if (status === undefined) continue;
    sum += kilobytes(status, 'VmRSS');
    highest = Math.max(highest, kilobytes(status, 'VmHWM'));
    const children = readProc(`${next}/task/${next}/children`)?.trim() ?? '';
    if (children !== '') pids.push(...children.split(' ').map(Number));
  }
  return Math.max(sum, highest) * 1024;
}

function kilobytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return undefined; // Not Linux, or the process is gone.
  }
}
