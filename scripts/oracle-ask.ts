/**
 * Asks an engine by its own npm package: `oracle-ask.js ANSWERS`, with {@link Question} on stdin. A
 * process of its own, since an engine may crash. Answers are written as v8 serializes them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { argv } from 'node:process';
import { serialize } from 'node:v8';
import type * as Kuzu from 'kuzu';

export interface Question {
  package: string;
  database: string;
  readOnly: boolean;
  statements: string[];
}

/** Rows of cells, in the order of the columns. */
export type Answer = { rows: unknown[][] } | { error: string };

const question = JSON.parse(readFileSync(0, 'utf8')) as Question;
const kuzu = createRequire(import.meta.url)(question.package) as typeof Kuzu;
const database = new kuzu.Database(question.database, 0, true, question.readOnly);
const connection = new kuzu.Connection(database);
const answers: Answer[] = [];
for (const statement of question.statements) {
  try {
    const results = [connection.querySync(statement)].flat();
    for (const result of results) {
      const names = result.getColumnNamesSync();
      const rows = result.getAllSync();
      answers.push({ rows: rows.map((row) => names.map((name) => row[name])) });
      result.close();
    }
  } catch (error) {
    answers.push({ error: error instanceof Error ? error.message : String(error) });
  }
}
connection.closeSync();
database.closeSync();
writeFileSync(argv[2] ?? '', serialize(answers));
