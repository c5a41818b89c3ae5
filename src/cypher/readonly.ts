/**
 * Which statements only look at the database that is open. What changes it, an engine refuses by
 * itself where it is opened read-only; but it reads and writes other files, loads extensions and
 * changes settings all the same. So what is not known to do none of that is not let through.
 */
import { isName, isSymbol, isWord, nameOf, type Token } from './tokens.js';

/** Why a statement is not let through, and at which token. */
export interface Refusal {
  /** Nothing where it is no statement at all, as far as is known. */
  what: string | undefined;
  at: Token;
}

/** With what a statement may begin. */
export const READING = [
  'MATCH',
  'OPTIONAL',
  'UNWIND',
  'WITH',
  'RETURN',
  'CALL',
  'EXPLAIN',
  'PROFILE',
];

/** What changes the database; at the beginning of a clause. */
const WRITING = ['CREATE', 'MERGE', 'SET', 'DELETE', 'DETACH', 'DROP', 'ALTER', 'COMMENT'];

/** What other statements do. */
const OTHERS: Record<string, string> = {
  COPY: 'copies a file into the database, or the database into a file',
  LOAD: 'reads a file, or loads an extension',
  INSTALL: 'downloads an extension',
  UNINSTALL: 'removes an extension',
  UPDATE: 'downloads an extension',
  ATTACH: 'opens another database',
  IMPORT: 'reads files',
  EXPORT: 'writes files',
  CHECKPOINT: 'writes the database',
  FORCE: 'writes the database',
  USE: 'changes the database that is asked',
  BEGIN: 'begins a transaction, and a query is one by itself',
  COMMIT: 'ends a transaction, and a query is one by itself',
  ROLLBACK: 'ends a transaction, and a query is one by itself',
};

/**
 * The table functions of both engines that say something of the database, or compute it. Others read
 * files, some of which end both engines with a segmentation fault when they are called.
 */
const FUNCTIONS = new Set(
  `bm_info catalog_version current_setting db_version disk_info disk_size_info file_info fsm_info
  k_core_decomposition kcore louvain page_rank pr projected_graph_info query_fts_index
  query_vector_index scc scc_ko show_attached_databases show_connection show_functions show_graphs
  show_indexes show_loaded_extensions show_macros show_projected_graphs show_sequences show_tables
  show_warnings stats_info storage_info storage_version strongly_connected_components
  strongly_connected_components_kosaraju table_info wcc weakly_connected_components`.split(/\s+/),
);

/** The first thing in a statement that is not known to be mere reading. */
export function refusalOf(statement: readonly Token[]): Refusal | undefined {
  let first = 0;
  while (isWord(statement[first], 'EXPLAIN', 'PROFILE', 'LOGICAL')) first += 1;
  const [begin] = statement.slice(first);
  if (!begin) return undefined;
  if (!isWord(begin, ...READING)) return { what: describeClause(begin), at: begin };
  for (const [i, token] of statement.entries()) {
    if (isName(statement, i)) continue;
    if (isWord(token, 'CALL')) {
      const refusal = refusedCall(statement, i);
      if (refusal) return refusal;
    }
    const next = statement[i + 1];
    if (isWord(token, 'LOAD') && isWord(next, 'FROM', 'WITH', 'EXTENSION')) {
      return { what: describeClause(token), at: token };
    }
    if (isWord(token, 'COPY') && next && next.is !== 'symbol') {
      return { what: describeClause(token), at: token };
    }
    if (isWritingClause(statement, i)) return { what: describeClause(token), at: token };
  }
  return undefined;
}

/** Whether a clause that changes the database begins at a token. */
export function isWritingClause(statement: readonly Token[], at: number): boolean {
  const token = statement[at];
  return token?.depth === 0 && isWord(token, ...WRITING) && isClause(statement, at);
}

/** Whether a word begins a clause: the engine says so itself, but less well. */
function isClause(statement: readonly Token[], at: number): boolean {
  const [before, after] = [statement[at - 1], statement[at + 1]];
  if (!before || !after || after.is === 'number') return false;
  const isAfterEnd =
    before.is !== 'symbol' ? !isWord(before, 'RETURN', 'WITH') : ')]}*'.includes(before.text);
  return isAfterEnd && (after.is !== 'symbol' || after.text === '(');
}

function refusedCall(statement: readonly Token[], at: number): Refusal | undefined {
  const [name, next] = [statement[at + 1], statement[at + 2]];
  if (!name || (name.is !== 'word' && name.is !== 'quoted')) return undefined; // No name at all.
  if (isSymbol(next, '=')) return { what: `CALL ${nameOf(name)} = … changes a setting`, at: name };
  if (!isSymbol(next, '(') || FUNCTIONS.has(nameOf(name).toLowerCase())) return undefined;
  return { what: `the function ${nameOf(name)} is not known to be harmless`, at: name };
}

/** What a word at the beginning of a statement or a clause does; nothing for what is none. */
export function describeClause({ text }: Token): string | undefined {
  const word = text.toUpperCase();
  if (WRITING.includes(word)) return `${word} changes the database`;
  const what = OTHERS[word];
  return what && `${word} ${what}`;
}
