/** Running a task in the engine's process. */
import { runTask } from '../process/isolation.js';
import type { Results, Task } from '../process/tasks.js';
import type { Subject } from '../terminal/documents.js';
import { createProgress, type Io, type OutputFlags, printProblem } from '../terminal/output.js';
import type { LoadEvent } from '../types.js';
import { whileInterruptible } from './interruptible.js';

/** Runs a task that says nothing but warnings while it is at work. */
export async function performTask<T extends Task>(
  task: T,
  io: Io,
  flags: OutputFlags,
): Promise<Results[T['kind']]> {
  const onEvent = (event: LoadEvent): void => {
    if (event.type === 'warned' && !flags.quiet) printProblem(io, 'warning', event.warning);
  };
  return await whileInterruptible(
    io,
    flags,
    subjectOf(task),
    async () => await runTask(task, onEvent),
  );
}

/** Runs a task with its progress on the screen, or in lines where there is none and that is wanted. */
export async function showTask<T extends Task>(
  task: T,
  io: Io,
  flags: OutputFlags,
  { isLogged = true } = {},
): Promise<Results[T['kind']]> {
  const progress = await createProgress(io, flags);
  return await whileInterruptible(io, flags, subjectOf(task), async () => {
    try {
      const show = isLogged || progress.isLive ? progress.show : undefined;
      return await runTask(task, show, progress.stop);
    } finally {
      progress.stop();
      progress.tellFailures();
    }
  });
}

function subjectOf(task: Task): Subject {
  switch (task.kind) {
    case 'preprocess':
      return {};
    case 'export':
      return { database: task.database, dataset: task.directory };
    case 'tables':
    case 'ask':
      return { database: task.database };
    default:
      return { database: task.database, dataset: task.dataset };
  }
}
