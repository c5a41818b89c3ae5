/** Running a task in the engine's process. */
import { runTask } from '../process/isolation.js';
import { onInterrupt } from '../process/interrupt.js';
import type { Results, Task } from '../process/tasks.js';
import { problemDocument, type Subject } from '../terminal/documents.js';
import {
  createProgress,
  type Io,
  type OutputFlags,
  printJson,
  printLog,
} from '../terminal/output.js';

/** Runs a task that says nothing while it is at work. */
export async function performTask<T extends Task>(
  task: T,
  io: Io,
  flags: OutputFlags,
): Promise<Results[T['kind']]> {
  return await whileInterruptible(io, flags, subjectOf(task), async () => await runTask(task));
}

/** Runs a task with its progress on the screen. */
export async function showTask<T extends Task>(
  task: T,
  io: Io,
  flags: OutputFlags,
): Promise<Results[T['kind']]> {
  const progress = await createProgress(io, flags);
  return await whileInterruptible(
    io,
    flags,
    subjectOf(task),
    async () => await runTask(task, progress.show, progress.stop),
  );
}

/** Does a work, after which nothing stays if a signal ends it; also then a JSON document is printed. */
export async function whileInterruptible<R>(
  io: Io,
  flags: OutputFlags,
  subject: Subject,
  work: () => Promise<R>,
): Promise<R> {
  const stopListening = onInterrupt((signal) => {
    printLog(io, 'interrupted');
    const message = `the command was interrupted by ${signal}`;
    if (flags.json) printJson(io, problemDocument({ code: 'INTERRUPTED', message }, subject));
  });
  try {
    return await work();
  } finally {
    stopListening();
  }
}

function subjectOf(task: Task): Subject {
  switch (task.kind) {
    case 'preprocess':
      return {};
    case 'export':
      return { database: task.database, dataset: task.directory };
    default:
      return { database: task.database, dataset: task.dataset };
  }
}
