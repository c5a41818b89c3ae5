import { type Command, InvalidArgumentError, Option } from 'commander';
import { formatCount, formatSeconds, plural } from '../format.js';
import { type QuestionName, QUESTIONS } from '../graph/ask.js';
import type { Unclear } from '../graph/things.js';
import type { Value } from '../model/answer.js';
import { referenceTo, type Thing } from '../model/reference.js';
import { similarTo } from '../model/similar.js';
import {
  ANSWER_FORMATS,
  type AnswerFormat,
  defaultFormat,
  printAnswer,
} from '../terminal/answers.js';
import { cellText } from '../terminal/cells.js';
import { databaseDocument, problemDocument } from '../terminal/documents.js';
import {
  type Io,
  type OutputFlags,
  printJson,
  printLines,
  printLog,
  printProblem,
} from '../terminal/output.js';
import {
  checkPictureOutput,
  isPictureFormat,
  PICTURE_FORMATS,
  type PictureFormat,
  printPicture,
} from '../terminal/pictures.js';
import { type MemoryFlag, memoryOption, OUTPUT_GROUP, usage } from './arguments.js';

interface Flags extends OutputFlags, MemoryFlag {
  db: string;
  depth?: number;
  format?: AnswerFormat | PictureFormat;
}

export function define(command: Command): void {
  command
    .argument('<question>', QUESTIONS.join(', '))
    .argument(
      '<name>',
      'what it is about: a file, a function, a class; for users a variable or an attribute',
    )
    .optionsGroup('Question:')
    .requiredOption('--db <path>', 'database file with a code graph; it is opened read-only')
    .addOption(
      new Option(
        '--depth <n>',
        'calls, or steps of inheritance, to follow (default: 1 for callers and callees, all for subclasses)',
      ).argParser(depthOf),
    )
    .optionsGroup('Resources:')
    .addOption(memoryOption())
    .optionsGroup(OUTPUT_GROUP)
    .addOption(
      new Option('--format <format>', 'the form of the answer')
        .choices([...ANSWER_FORMATS, ...PICTURE_FORMATS])
        .default(undefined, 'a table on a terminal, csv elsewhere'),
    )
    .addHelpText(
      'after',
      `
Questions:
  functions FILE      the functions and methods of a file
  classes FILE        its classes
  imports FILE        its imports
  callers FUNCTION    who calls a function, directly or within --depth calls
  callees FUNCTION    what it calls
  impact FUNCTION     all who call it, over any number of calls
  subclasses CLASS    what inherits from a class
  users NAME          the functions that use a variable or an attribute

A file is named by its path, or the end of it; all else by its name where that is clear, else by the
class or the file that it is in, or by its id: total, Cart.total, shop/cart.py:Cart.total.

Examples:
  # who calls it, directly or over one other function
  kgload ask callers Cart.total --depth 2 --db graph.db
  # what is in a file
  kgload ask functions shop/cart.py --db graph.db
  # in a script: the files that a change can reach
  kgload ask impact shop/prices.py:price_of --db graph.db --json | jq .rows[].file`,
    );
}

function depthOf(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It is not a positive number.');
  return Number(text);
}

export async function run(
  [question = '', name = '']: string[],
  flags: Flags,
  io: Io,
): Promise<number> {
  if (flags.json && flags.format !== undefined && flags.format !== 'json') {
    throw usage(
      `--json and --format ${flags.format} contradict each other`,
      'leave one of them out',
    );
  }
  const format = flags.json ? 'json' : (flags.format ?? defaultFormat(io));
  if (isPictureFormat(format)) checkPictureOutput(format, io);
  const asked = questionOf(question, flags);
  const { runTask } = await import('../process/isolation.js');
  const began = performance.now();
  const { db: database, depth, memory } = flags;
  const answer = await runTask({
    kind: 'ask',
    database,
    question: {
      question: asked,
      name,
      depth,
      directory: process.cwd(),
      isDrawn: isPictureFormat(format),
    },
    memory,
  } as const);
  if ('problem' in answer) return printUnclear(answer, database, format, io);
  const { about, columns, rows } = answer;
  const head = {
    database: databaseDocument(answer.database),
    question: { name: asked, ...(flags.depth !== undefined && { depth: flags.depth }) },
    about: shown(about),
  };
  const say = (rest = ''): void => {
    if (flags.quiet) return;
    const seconds = formatSeconds((performance.now() - began) / 1000);
    printLog(io, `${plural(rows.length, 'row')} in ${seconds} s${rest}`);
  };
  if (isPictureFormat(format)) {
    const { nodes, edges } = answer.graph ?? { nodes: [], edges: [] };
    await printPicture({ title: titleOf(asked, flags.depth, about), nodes, edges }, format, io);
    say();
    return 0;
  }
  const isFitted = format === 'table' && io.stdout.isTTY;
  const left = isFitted ? columnsWithoutRoom(columns, rows, io.stdout.columns) : [];
  const shownColumns = columns.filter((column) => !left.includes(column));
  const at = shownColumns.map((column) => columns.indexOf(column));
  const batches = (async function* () {
    yield await Promise.resolve(rows.map((row) => at.map((i) => row[i] ?? null)));
  })();
  const printed = await printAnswer({ columns: shownColumns, batches }, format, io, { head });
  const hidden = [...left, ...printed.hidden];
  say(hidden.length === 0 ? '' : `; no room for ${hidden.join(', ')}`);
  return 0;
}

/** What a picture shows: `callers of Cart.total, to depth 2`. */
function titleOf(question: QuestionName, depth: number | undefined, about: Thing): string {
  const name = about.table === 'File' ? about.id : referenceTo(about);
  return `${question} of ${name}${depth === undefined ? '' : `, to depth ${depth}`}`;
}

/** What one misses least, the first to go. */
const EXPENDABLE = ['is_public', 'end_line', 'id', 'bases', 'is_relative', 'start_line'];

/** The columns to leave out so that names and paths are not cut. */
function columnsWithoutRoom(
  columns: readonly string[],
  rows: readonly (readonly Value[])[],
  width: number,
): string[] {
  const widths = columns.map((column, i) =>
    rows.reduce((most, row) => Math.max(most, cellText(row[i] ?? null).length), column.length),
  );
  let over = widths.reduce((sum, each) => sum + each + 2, -2) - width;
  const left: string[] = [];
  for (const column of EXPENDABLE) {
    if (over <= 0) break;
    if (!columns.includes(column)) continue;
    left.push(column);
    over -= (widths[columns.indexOf(column)] ?? 0) + 2;
  }
  return left;
}

function questionOf(text: string, { depth }: Flags): QuestionName {
  const question = QUESTIONS.find((name) => name === text);
  if (!question) {
    const near = similarTo(text, QUESTIONS);
    const list = `there are ${QUESTIONS.join(', ')}`;
    throw usage(
      `there is no question ${JSON.stringify(text)}`,
      near === undefined ? list : `did you mean ${near}? ${list}`,
    );
  }
  if (depth !== undefined && !['callers', 'callees', 'subclasses'].includes(question)) {
    throw usage(
      `--depth says nothing of ${question}`,
      question === 'impact' ? 'it is callers over any number of calls' : 'leave it out',
    );
  }
  return question;
}

/** As many as one looks through. */
const MOST_LINES = 20;
const MOST_CANDIDATES = 1000;

function printUnclear(
  { problem, candidates }: Unclear,
  database: string,
  format: string,
  io: Io,
): number {
  printProblem(io, 'error', problem);
  if (problem.code === 'AMBIGUOUS') {
    printLines(io, candidateLines(candidates), io.stderr);
  }
  if (format === 'json') {
    const list = candidates.slice(0, MOST_CANDIDATES).map(shown);
    const error = { ...problem, candidates: list };
    printJson(io, problemDocument(error, { database }));
  }
  return 2;
}

function candidateLines(candidates: readonly Thing[]): string[] {
  const shownOnes = candidates.slice(0, MOST_LINES).map((thing) => {
    const place = thing.line === null ? (thing.file ?? '') : `${thing.file ?? ''}:${thing.line}`;
    return thing.table === 'File' ? [thing.id] : [referenceTo(thing), place, thing.id];
  });
  const widths = [0, 1].map((i) => Math.max(...shownOnes.map((cells) => (cells[i] ?? '').length)));
  const lines = shownOnes.map((cells) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const others = candidates.length - lines.length;
  return [...lines, ...(others > 0 ? [`and ${formatCount(others)} more`] : [])].map(
    (line) => `  ${line}`,
  );
}

/** A thing in JSON. */
function shown({ table, id, name, file, line, owner }: Thing): Record<string, unknown> {
  if (table === 'File') return { table, path: id };
  return { table, id, name, ...(owner !== null && { in: owner }), file, line };
}
