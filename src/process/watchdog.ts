/**
 * What ends a worker whatever its main thread does: that may be inside the engine for minutes, where
 * no event reaches it. Ladybug 0.19.1 was seen to spin for 22 minutes in `~Database` on a full disk,
 * with the lock on the database, when its supervisor was gone.
 */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import type { Writable } from 'node:stream';

const SHELL = '/bin/sh';

/** Its input ends with this process, however that ends; signals to the whole group are not for it. */
const SHELL_SCRIPT = `trap '' HUP INT QUIT TERM; read -r _; kill -9 "$1"`;

/** The same where there is no shell: a container without one, Windows. */
const NODE_SCRIPT = `
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.on(signal, () => undefined);
  process.stdin.resume().on('end', () => process.kill(Number(process.argv[1]), 'SIGKILL'));`;

/**
 * Ends a worker when this process is gone. A shell waits for that: it starts in 3 ms while the worker
 * is still starting; a thread in the worker takes 25 ms of a load that takes 250.
 */
export function watchOver(worker: ChildProcess): void {
  const { pid } = worker;
  if (pid === undefined) return;
  const [command, args] = existsSync(SHELL)
    ? [SHELL, ['-c', SHELL_SCRIPT, 'kgload']]
    : [process.execPath, ['-e', NODE_SCRIPT]];
  const watcher: ChildProcessByStdio<Writable, null, null> = spawn(
    command,
    [...args, String(pid)],
    // In a session of its own: Ctrl-Z between fork and exec would stop it there, and this process, which
    // waits for that, would never hear of Ctrl-Z, nor of anything else.
    { stdio: ['pipe', 'ignore', 'ignore'], detached: command === SHELL },
  );
  // Without a watcher, a worker that has lost its supervisor still ends at its next event.
  watcher.on('error', () => undefined);
  watcher.stdin.on('error', () => undefined);
  watcher.unref();
  (watcher.stdin as Partial<{ unref: () => void }>).unref?.();
  // Not to kill another process that gets the number later.
  const dismiss = (): void => void watcher.kill('SIGKILL');
  if (worker.exitCode !== null || worker.signalCode !== null) dismiss();
  else worker.once('exit', dismiss);
}

/** Bytes that a worker may hold by default: enough stays for the machine, or the container, to live. */
export function defaultMemory(): number {
  const allowed = process.constrainedMemory();
  const total = totalmem();
  return Math.floor(0.8 * (allowed > 0 ? Math.min(allowed, total) : total));
}

const MEMORY_POLL_MS = 50;

/**
 * Ends a worker when it holds more memory than it may. A file of 2.6 kB can take 6 GB to decode, in
 * one synchronous stretch.
 *
 * @returns Says whether it was ended, and how much it held.
 */
export function watchMemory(worker: ChildProcess, most: number): () => number | undefined {
  let exceeded: number | undefined;
  const timer = setInterval(() => {
    const held = worker.pid === undefined ? 0 : residentBytes(worker.pid);
    if (held <= most) return;
    exceeded = held;
    clearInterval(timer);
    worker.kill('SIGKILL');
  }, MEMORY_POLL_MS);
  timer.unref();
  worker.once('exit', () => {
    clearInterval(timer);
  });
  return () => exceeded;
}

/** proc(5), /proc/pid/status; elsewhere nobody knows. */
function residentBytes(pid: number): number {
  try {
    const [, kilobytes] =
      /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
