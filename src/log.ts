/** What a load's events say in words. */
import { formatCount, formatSeconds, listNames } from './format.js';
import { formatChanges } from './model/changes.js';
import type { LoadEvent, Logger, Problem } from './types.js';

export interface LogLine {
  level: keyof Logger;
  message: string;
}

/** The lines for an event: none for mere progress. */
export function describeEvent(event: LoadEvent): LogLine[] {
  switch (event.type) {
    case 'schema':
      return [{ level: 'debug', message: `schema: ${event.source}` }];
    case 'staged':
      return [{ level: 'debug', message: `building in ${event.directory}` }];
    case 'started':
      return [
        `${event.table}: loading ${formatCount(event.rows)} rows`,
        ...Object.entries(event.ignored).map(
          ([file, columns]) => `${file}: ignored columns ${listNames(columns)}`,
        ),
      ].map((message) => ({ level: 'debug', message }));
    case 'finished': {
      const { table, rows, seconds, changes } = event;
      const what = changes ? formatChanges(changes) : `${formatCount(rows)} rows`;
      const message = `${table}: ${what} in ${formatSeconds(seconds)} s`;
      return [{ level: 'info', message }];
    }
    case 'warned':
      return [{ level: 'warn', message: describeProblem(event.warning) }];
    case 'failed':
      return [{ level: 'error', message: describeProblem(event.error) }];
    case 'repeated': {
      const others = event.tables.some((table) => table !== event.table);
      const what = others
        ? 'the tables with it are loaded again, one by one'
        : 'it is loaded again';
      const message = `${event.table === '' ? 'a commit' : event.table} failed; ${what}`;
      return [{ level: 'info', message }];
    }
    case 'step':
      return event.state === 'finished'
        ? [{ level: 'debug', message: `${event.name}: ${formatSeconds(event.seconds)} s` }]
        : [];
    case 'restarted': {
      const { table } = event.error;
      const how = table === undefined ? 'one table at a time' : `without ${table}`;
      const message = `the engine crashed; loading anew, ${how}`;
      return [{ level: 'info', message }];
    }
    default:
      return [];
  }
}

/** What is wrong, and what to do. */
export function describeProblem({ message, hint }: Pick<Problem, 'message' | 'hint'>): string {
  return hint === undefined ? message : `${message} (${hint})`;
}

/** An event callback that writes to a logger. */
export function logEvents(logger: Logger): (event: LoadEvent) => void {
  return (event) => {
    for (const { level, message } of describeEvent(event)) logger[level](message);
  };
}
