/** Running a task in the engine's process, with its progress on the screen. */
import { runTask } from '../process/isolation.js';
import type { Results, Task } from '../process/tasks.js';
import { createProgress, type Io, type OutputFlags } from '../terminal/output.js';

export async function showTask<T extends Task>(
  task: T,
  io: Io,
  flags: OutputFlags,
): Promise<Results[T['kind']]> {
  const progress = await createProgress(io, flags);
  try {
    return await runTask(task, progress.show, progress.stop);
  } finally {
    progress.stop();
    progress.tellFailures();
  }
}
