/** Queries to begin with, as commands to paste. */
import type { ExampleQuery } from '../cypher/examples.js';

export function exampleLines(queries: readonly ExampleQuery[], db: string): string[] {
  if (queries.length === 0) return [];
  const path = db.startsWith('-') ? `./${db}` : db;
  return [
    '',
    'to look at it:',
    ...queries.flatMap(({ title, cypher }) => [
      `  # ${title}`,
      `  kgload query ${shellWord(cypher)} --db ${shellWord(path)}`,
    ]),
  ];
}

/** As a POSIX shell takes it for one word that means itself. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
