/**
 * What a code graph's database holds, for scripts/fuzz.ts: `fuzz-contents.js DATABASE PREFIX`. A
 * process of its own, since the engine may crash on a damaged database.
 */
import { codeGraph } from '../src/model/codegraph.js';
import { messageOf } from '../src/errors.js';
import { execute, query } from '../test/helpers.js';

/** A set of rows: how many, and a hash of all their values that does not depend on their order. */
export interface RowSet {
  rows: number;
  hash: string;
}

/** Table → the rows whose key (of an edge, its start's) begins with the prefix, and the others. */
export type Contents = Record<string, { old: RowSet; added: RowSet }>;

const [path = '', prefix = ''] = process.argv.slice(2);
repair(path);
const keys = new Map(codeGraph.nodes.map(({ name, primaryKey }) => [name, primaryKey]));
const contents: Contents = {};
for (const { name, primaryKey, properties } of codeGraph.nodes) {
  const values = properties.map((property) => `n.${property.name}`);
  contents[name] = count(`(n:${name})`, `n.${primaryKey}`, values);
}
for (const { name, from, to, properties } of codeGraph.edges) {
  const start = `a.${keys.get(from) ?? ''}`;
  const values = [start, `b.${keys.get(to) ?? ''}`, ...properties.map((p) => `n.${p.name}`)];
  contents[name] = count(`(a:${from})-[n:${name}]->(b:${to})`, start, values);
}
process.stdout.write(JSON.stringify(contents));

function count(pattern: string, key: string, values: string[]): { old: RowSet; added: RowSet } {
  // NULL and 'NULL' differ: every value that is there has a dot before it.
  const text = values.map((value) => `coalesce('.' + CAST(${value}, 'STRING'), '')`);
  const found = query(
    path,
    `MATCH ${pattern} RETURN starts_with(${key}, '${prefix}') AS added, count(*) AS rows,
     CAST(sum(hash(${text.join(` + '|' + `)}) % 1000000007), 'STRING') AS hash`,
  );
  const setOf = (added: boolean): RowSet => {
    const row = found.find((candidate) => candidate['added'] === added);
    return row ? { rows: Number(row['rows']), hash: String(row['hash']) } : { rows: 0, hash: '0' };
  };
  return { old: setOf(false), added: setOf(true) };
}

/** A kill within a checkpoint leaves pages that the engine takes in only when it may write. */
function repair(database: string): void {
  try {
    query(database, 'RETURN 1');
  } catch (error) {
    if (!messageOf(error).includes('read-write mode')) throw error;
    execute(database);
  }
}
