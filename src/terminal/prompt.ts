/** Queries on a terminal, one after the other. */
import { createInterface } from 'node:readline';
import type { ReadStream } from 'node:tty';
import { parameterNames } from '../cypher/parameters.js';
import { splitStatements } from '../cypher/text.js';
import { statementsOf, type Token, tokensOf } from '../cypher/tokens.js';
import { KgloadError, toProblem } from '../errors.js';
import { plural } from '../format.js';
import { pairsOf } from '../model/tables.js';
import { runTask } from '../process/isolation.js';
import { startWorker } from '../process/start.js';
import { toCypher } from '../schema/script.js';
import type { GraphSchema, Property } from '../types.js';
import { completionsOf } from './completion.js';
import { addToHistory, historyFile, readHistory } from './history.js';
import { type Io, printLines, printProblem } from './output.js';
import { printQuery, type QueryFlags } from './queries.js';

const PROMPT = 'kgload> ';
const MORE = '   ...> ';

const HELP = `A statement may have several lines, and ends with ;
  .tables   the tables and their properties
  .schema   the statements that create the database's schema
  .help     this
  .quit     leave, as Ctrl-D does
Tab completes tables after a colon, properties after a dot, and words of Cypher.
Ctrl-C ends the query that runs, or forgets what is typed.`;

type DotCommand = (state: {
  schema: GraphSchema;
  flags: QueryFlags;
  io: Io;
}) => void | Promise<void>;

const COMMANDS: Record<string, DotCommand> = {
  '.help': ({ io }) => {
    io.stdout.write(`${HELP}\n`);
  },
  '.tables': ({ schema, io }) => {
    printLines(io, tableLines(schema));
  },
  '.schema': async ({ flags: { db, server, memory }, io }) => {
    io.stdout.write(
      toCypher(await runTask({ kind: 'schema', database: db, server, memory } as const)),
    );
  },
};

const LEAVING = ['.quit', '.exit'];

/** Asks until there is no more to ask. @returns The exit code. */
export async function promptForQueries(
  flags: QueryFlags,
  io: Io,
  stdin: ReadStream,
  file = historyFile(),
): Promise<number> {
  const readTables = (): Promise<GraphSchema> =>
    runTask({
      kind: 'tables',
      database: flags.db,
      server: flags.server,
      memory: flags.memory,
    } as const);
  let schema = await readTables();
  startWorker(); // For the first query, while it is typed.
  const tables = plural(schema.nodes.length + schema.edges.length, 'table');
  printLines(io, [`${flags.db}: ${tables}; .help says what can be done`]);

  let typed = '';
  let running: AbortController | undefined;
  const editor = createInterface({
    input: stdin,
    output: io.stdout,
    prompt: PROMPT,
    history: readHistory(file),
    historySize: 1000,
    removeHistoryDuplicates: true,
    completer: (line: string) =>
      completionsOf(typed + line, schema, [...Object.keys(COMMANDS), ...LEAVING]),
  });
  // The newest first. What has several lines is one thing to be asked again.
  let history: string[] = [];
  editor.on('history', (lines: string[]) => {
    history = lines;
  });
  const askNext = (): void => {
    editor.setPrompt(typed === '' ? PROMPT : MORE);
    editor.prompt();
  };
  editor.on('SIGINT', () => {
    if (running) {
      running.abort();
      return;
    }
    typed = '';
    editor.write(null, { ctrl: true, name: 'e' });
    editor.write(null, { ctrl: true, name: 'u' });
    io.stdout.write('\n');
    askNext();
  });
  editor.on('close', () => running?.abort());

  const ask = async (text: string): Promise<void> => {
    running = new AbortController();
    try {
      for (const statement of statementsOf(tokensOf(text))) {
        const cypher = text.slice(statement[0]?.start, statement.at(-1)?.end);
        const code = await printQuery(cypher, withUsed(flags, statement), io, running.signal);
        startWorker();
        if (code !== 0) break;
      }
      if (flags.write) schema = await readTables();
    } finally {
      running = undefined;
    }
  };
  askNext();
  for await (const line of editor) {
    if (typed === '' && /^\s*(\.|$)/.test(line)) {
      const command = line.trim();
      if (LEAVING.includes(command)) break;
      await obey(command, { schema, flags, io });
      askNext();
      continue;
    }
    typed += `${line}\n`;
    if (isComplete(typed)) {
      const whole = `${splitStatements(typed)
        .join('; ')
        .replaceAll(/\s*\n\s*/g, ' ')};`;
      history.splice(0, typed.trim().split('\n').length, whole);
      addToHistory(file, whole);
      const text = typed;
      typed = '';
      await ask(text).catch((error: unknown) => {
        if (!(error instanceof DOMException && error.name === 'AbortError')) throw error;
        printLines(io, ['the query was ended'], io.stderr);
        startWorker();
      });
    }
    askNext();
  }
  editor.close();
  io.stdout.write('\n');
  return 0;
}

async function obey(command: string, state: Parameters<DotCommand>[0]): Promise<void> {
  if (command === '') return;
  const work = COMMANDS[command];
  try {
    if (!work) {
      throw new KgloadError({
        code: 'USAGE',
        message: `there is no command ${command}`,
        hint: '.help lists them',
      });
    }
    await work(state);
  } catch (error) {
    if (!(error instanceof KgloadError)) throw error;
    printProblem(state.io, 'error', toProblem(error));
  }
}

/** Whether the last statement has its end: a semicolon in a text or a comment is none. */
function isComplete(text: string): boolean {
  const last = tokensOf(text).at(-1);
  return last?.is === 'symbol' && last.text === ';';
}

/** Those of the parameters that a statement has. */
function withUsed(flags: QueryFlags, statement: readonly Token[]): QueryFlags {
  const names = parameterNames(statement);
  const param = new Map([...(flags.param ?? [])].filter(([name]) => names.includes(name)));
  return { ...flags, param };
}

function tableLines({ nodes, edges }: GraphSchema): string[] {
  const width = Math.max(...[...nodes, ...edges].map(({ name }) => name.length));
  const list = (properties: readonly Property[]): string =>
    properties.map(({ name }) => name).join(', ');
  return [
    ...nodes.map(({ name, properties }) => `${name.padEnd(width)}  ${list(properties)}`),
    ...edges.map((table) => {
      const ends = pairsOf(table).map(({ from, to }) => `${from} → ${to}`);
      const more = table.properties.length > 0 ? `; ${list(table.properties)}` : '';
      return `${table.name.padEnd(width)}  ${ends.join(', ')}${more}`;
    }),
  ];
}
