/** The rows of an answer on stdout, in the format that was asked for, as they come. */
import type { Answer, Value } from '../model/answer.js';
import { exactJson } from '../model/exactjson.js';
import type { Problem } from '../types.js';
import { cellText, isNumeric } from './cells.js';
import type { Io } from './output.js';

/** The formats that need no more than a batch of rows at a time. */
export const ANSWER_FORMATS = ['table', 'json', 'ndjson', 'csv', 'markdown'] as const;

export type AnswerFormat = (typeof ANSWER_FORMATS)[number];

/** A table for people, and CSV for what reads a pipe or a file: xsv, DuckDB, spreadsheets. */
export function defaultFormat({ stdout }: Io): AnswerFormat {
  return stdout.isTTY ? 'table' : 'csv';
}

/** What stands around the rows in the JSON document. */
export interface AnswerDocument {
  /** Before `columns` and `rows`: `database`, a question. */
  head?: Record<string, unknown>;
  /** Asked for when there are no more rows. */
  problems?: () => { errors: readonly Problem[]; warnings: readonly Problem[] };
}

/** What was printed of an answer. */
export interface Printed {
  rows: number;
  /** Columns that a table had no room for. */
  hidden: readonly string[];
}

/**
 * Prints an answer. A reader that has seen enough (`| head`) ends it; what the answer throws is
 * thrown on, after the JSON document was completed: `problems` has to tell of it.
 */
export async function printAnswer(
  answer: Answer,
  format: AnswerFormat,
  io: Io,
  document: AnswerDocument = {},
): Promise<Printed> {
  const rows = { count: 0 };
  const counted: Answer = {
    columns: answer.columns,
    batches: (async function* () {
      for await (const batch of answer.batches) {
        if (!io.stdout.writable) return;
        rows.count += batch.length;
        yield batch;
      }
    })(),
  };
  let hidden: readonly string[] = [];
  if (format === 'table') {
    const { layOut } = await import('./answertable.js');
    const table = layOut(counted, io.stdout.isTTY ? io.stdout.columns : undefined);
    for await (const text of table.text) await write(io, text);
    hidden = table.hidden;
  } else {
    for await (const text of TEXTS[format](counted, document)) await write(io, text);
  }
  return { rows: rows.count, hidden };
}

/** Waits where the reader is slow, unless it is gone. */
async function write({ stdout }: Io, text: string): Promise<void> {
  if (text === '' || !stdout.writable || stdout.write(text)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'close', 'error']) stdout.removeListener(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) stdout.on(event, done);
  });
}

type Texts = (answer: Answer, document: AnswerDocument) => AsyncGenerator<string>;

const TEXTS: Record<Exclude<AnswerFormat, 'table'>, Texts> = {
  json: jsonTexts,
  ndjson: ndjsonTexts,
  csv: csvTexts,
  markdown: markdownTexts,
};

/** One document, a line a row. */
async function* jsonTexts(
  { columns, batches }: Answer,
  { head = {}, problems }: AnswerDocument,
): AsyncGenerator<string> {
  const fields = [...Object.entries(head), ['columns', columns] as const];
  const lines = fields.map(([name, value]) => `  ${JSON.stringify(name)}: ${indented(value)},\n`);
  yield `{\n${lines.join('')}  "rows": [`;
  const toObject = rowObject(columns);
  let before = '\n    ';
  try {
    for await (const rows of batches) {
      let text = '';
      for (const row of rows) {
        text += before + toObject(row);
        before = ',\n    ';
      }
      yield text;
    }
  } finally {
    const { errors, warnings } = problems?.() ?? { errors: [], warnings: [] };
    const end = before === '\n    ' ? ']' : '\n  ]';
    yield `${end},\n  "errors": ${indented(errors)},\n  "warnings": ${indented(warnings)}\n}\n`;
  }
}

function indented(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', '\n  ');
}

async function* ndjsonTexts({ columns, batches }: Answer): AsyncGenerator<string> {
  const toObject = rowObject(columns);
  for await (const rows of batches) yield rows.map((row) => `${toObject(row)}\n`).join('');
}

/** Rows as JSON objects; a name that two columns have has a number from the second on. */
function rowObject(columns: readonly string[]): (row: readonly Value[]) => string {
  const names = distinctNames(columns).map((name) => `${JSON.stringify(name)}:`);
  return (row) => {
    let text = '{';
    for (let i = 0; i < row.length; i += 1) {
      text += (i === 0 ? '' : ',') + (names[i] ?? '') + exactJson(row[i] ?? null);
    }
    return `${text}}`;
  };
}

/** `x`, `x_2`: Ladybug lets columns have one name. */
export function distinctNames(columns: readonly string[]): string[] {
  const taken = new Set(columns);
  const seen = new Set<string>();
  return columns.map((name) => {
    if (!seen.has(name)) {
      seen.add(name);
      return name;
    }
    let n = 2;
    while (taken.has(`${name}_${n}`)) n += 1;
    taken.add(`${name}_${n}`);
    return `${name}_${n}`;
  });
}

/** RFC 4180 but for line ends; NULL is nothing, and empty text is `""`. */
async function* csvTexts({ columns, batches }: Answer): AsyncGenerator<string> {
  if (columns.length === 0) return;
  const line = (cells: readonly Value[]): string => `${cells.map(csvCell).join(',')}\n`;
  yield line(columns);
  for await (const rows of batches) {
    // A line with nothing on it would be no row.
    const isLone = columns.length === 1;
    yield rows.map((row) => (isLone && row[0] === null ? '""\n' : line(row))).join('');
  }
}

function csvCell(value: Value): string {
  if (value === null) return '';
  const text = cellText(value);
  return text === '' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function* markdownTexts({ columns, batches }: Answer): AsyncGenerator<string> {
  if (columns.length === 0) return;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const headOf = (first: readonly (readonly Value[])[]): string => {
    const rules = columns.map((_, i) => (isNumeric(first, i) ? '---:' : '---'));
    return line(columns.map(markdownCell)) + line(rules);
  };
  let count = 0;
  for await (const rows of batches) {
    const head = count === 0 ? headOf(rows) : '';
    count += rows.length;
    yield head + rows.map((row) => line(row.map(markdownCell))).join('');
  }
  if (count === 0) yield headOf([]);
}

function markdownCell(value: Value): string {
  const text = cellText(value).replace(/[\\`*_~<>[\]|&#]/g, '\\$&');
  return text.replace(/\r\n|\n|\r/g, '<br>').replace(/[\u0000-\u001f\u007f]/g, '\ufffd');
}
