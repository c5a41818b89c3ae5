/**
 * A synthetic code graph: `data.js DIRECTORY ROWS [SEED] [ROWS_PER_GROUP]`. DuckDB computes every
 * row from its number and the seed and writes it as it goes, 35 million within 1 GB of memory. The
 * tables have the proportions of Python's standard library, and the strings about its lengths; an
 * entity's edges stay near it as in a file, calls and base classes prefer the popular ones.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { codeGraph } from '../src/model/codegraph.js';
import { requireDuckDb } from './packages.js';

const [directory = '', rows = '', seed = '1', rowsPerGroup = '122880'] = process.argv.slice(2);

/** Rows of the standard library's graph; references take what rounding leaves. */
const PROPORTIONS = {
  files: 622,
  functions: 15103,
  classes: 2505,
  variables: 30545,
  imports: 4389,
  decorators: 1121,
  attributes: 2423,
  exceptions: 6591,
  contains_function: 15103,
  contains_class: 2505,
  contains_variable: 30545,
  method_of: 11568,
  has_import: 4389,
  has_attribute: 2423,
  decorated_by: 1121,
  references: 81299,
  accesses: 3632,
  handles_exception: 6591,
  calls: 22643,
  inherits: 1115,
};

type TableFile = keyof typeof PROPORTIONS;

const counts = countsFor(Number(rows));

/** Each entity's columns, of a row numbered i. */
const COLUMNS: Record<TableFile, string> = {
  files: `path(i) AS path, 'python' AS language,
    TIMESTAMP '2026-01-01' + to_seconds(CAST(pick(i, 1, 20000000) AS BIGINT)) AS last_modified,
    md5(CAST(i + ${seed} AS VARCHAR)) || md5(CAST(-i AS VARCHAR)) AS content_hash`,
  functions: `key('fn', i) AS id, word(i, 2) || '_' || word(i, 3) AS name, ${fileOf('functions')} AS file,
    line(i) AS start_line, line(i) + lines(i, 25) AS end_line, pick(i, 4, 3) > 0 AS is_public,
    'def ' || word(i, 2) || '_' || word(i, 3) || '(self):' || chr(10) || code(i, lines(i, 25)) AS source_code`,
  classes: `key('cls', i) AS id, word(i, 2) || word(i, 3) AS name, ${fileOf('classes')} AS file,
    line(i) AS start_line, line(i) + lines(i, 45) AS end_line, word(i, 5) AS bases,
    pick(i, 4, 4) > 0 AS is_public,
    'class ' || word(i, 2) || word(i, 3) || ':' || chr(10) || code(i, lines(i, 45)) AS source_code`,
  variables: `key('var', i) AS id, word(i, 2) AS name, ${fileOf('variables')} AS file,
    line(i) AS definition_line, 'function:' || word(i, 3) || '_' || word(i, 4) AS scope`,
  imports: `key('imp', i) AS id, word(i, 2) || '.' || word(i, 3) AS imported_name,
    ['module', 'from'][1 + pick(i, 4, 2)] AS import_type, '' AS alias, line(i) AS line_number,
    pick(i, 5, 4) = 0 AS is_relative, ${fileOf('imports')} AS file`,
  decorators: `key('dec', i) AS id, word(i, 2) AS name, ${fileOf('decorators')} AS file,
    line(i) AS line_number, '' AS arguments`,
  attributes: `key('attr', i) AS id, word(i, 2) || '_' || word(i, 3) AS name,
    word(i, 4) || word(i, 5) AS class_name, ${fileOf('attributes')} AS file,
    line(i) AS definition_line, '' AS type_hint, pick(i, 6, 2) = 0 AS is_class_attribute`,
  exceptions: `key('exc', i) AS id, word(i, 2) || 'Error' AS name, ${fileOf('exceptions')} AS file,
    line(i) AS line_number`,
  contains_function: edge(fileOf('contains_function'), `key('fn', i)`),
  contains_class: edge(fileOf('contains_class'), `key('cls', i)`),
  contains_variable: edge(fileOf('contains_variable'), `key('var', i)`),
  method_of: edge(
    `key('fn', ${spread('method_of', 'functions')})`,
    near('method_of', 'cls', 'classes'),
  ),
  has_import: edge(fileOf('has_import'), `key('imp', i)`),
  has_attribute: edge(near('has_attribute', 'cls', 'classes'), `key('attr', i)`),
  decorated_by: `${edge(near('decorated_by', 'fn', 'functions'), `key('dec', i)`)}, 0::BIGINT AS position`,
  references: `${edge(near('references', 'fn', 'functions'), near('references', 'var', 'variables', 20))},
    line(i) AS line_number, '' AS context`,
  accesses: `${edge(near('accesses', 'fn', 'functions'), near('accesses', 'attr', 'attributes', 8))},
    line(i) AS line_number, ['read', 'write'][1 + pick(i, 4, 2)] AS access_type`,
  handles_exception: `${edge(near('handles_exception', 'fn', 'functions'), `key('exc', i)`)},
    line(i) AS line_number, ['raise', 'catch'][1 + pick(i, 4, 2)] AS context`,
  calls: `${edge(near('calls', 'fn', 'functions'), popular('fn', 'functions'))}, line(i) AS line_number`,
  inherits: edge(near('inherits', 'cls', 'classes'), popular('cls', 'classes')),
};

const WORDS =
  'add buffer cache check close context copy data decode default encode error event file filter find format get handler header index init item iter key line list load lock loop make map match merge message name next node open option parse path pop push queue read record remove request reset result run scan send set size socket split start state stop stream string task test text time token type update value wait write'.split(
    ' ',
  );

/** A line of code is one of these, a number, and one of the tails. */
const HEADS =
  'if self._count >|for index in range(|self._buffer[|return self._states[|raise ValueError(|value = parse(line, |yield from self.items(|assert len(result) ==|with self._lock(timeout=|item.offset +='.split(
    '|',
  );
const TAILS = '|)|].copy()|:  # not yet|, default=None)|] or self.default'.split('|');

const sqlList = (items: string[]): string => `[${items.map((item) => `'${item}'`).join(', ')}]`;

const MACROS = [
  `pick(i, salt, n) AS CAST(hash(i, salt, ${seed}) % CAST(n AS UBIGINT) AS BIGINT)`,
  // Odd, so that no two rows below 2^48 share a key.
  `key(kind, i) AS kind || '_' || printf('%012x', CAST((i::HUGEINT * 181783497276653 + ${seed} * 1234567) % 281474976710656 AS BIGINT))`,
  `word(i, salt) AS ${sqlList(WORDS)}[1 + pick(i, salt, ${WORDS.length})]`,
  `path(i) AS word(i // 24, 7) || '/' || word(i, 8) || '_' || i || '.py'`,
  `line(i) AS 1 + pick(i, 9, 1500)`,
  `lines(i, most) AS 1 + pick(i, 10, most)`,
  `code(i, n) AS array_to_string(list_transform(range(n), lambda j: '        ' ||
    ${sqlList(HEADS)}[1 + pick(i, 100 + j, ${HEADS.length})] || ' ' || pick(i, 200 + j, 10000) ||
    ${sqlList(TAILS)}[1 + pick(i, 300 + j, ${TAILS.length})]), chr(10))`,
];

const instance = await requireDuckDb().DuckDBInstance.create(':memory:');
const connection = await instance.connect();
await connection.run(`SET memory_limit = '1GB'`);
await connection.run(`SET temp_directory = ''`);
for (const macro of MACROS) await connection.run(`CREATE TEMP MACRO ${macro}`);
for (const part of ['nodes', 'edges'] as const) {
  mkdirSync(join(directory, part), { recursive: true });
  for (const { file } of codeGraph[part]) {
    const table = file as TableFile;
    const path = join(directory, part, `${file}.parquet`).replaceAll("'", "''");
    await connection.run(
      `COPY (SELECT ${COLUMNS[table]} FROM range(${counts[table]}) numbers(i))
       TO '${path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${rowsPerGroup})`,
    );
  }
}
connection.closeSync();
instance.closeSync();

function countsFor(total: number): Record<TableFile, number> {
  const whole = Object.values(PROPORTIONS).reduce((sum, rows) => sum + rows, 0);
  const scaled = Object.entries(PROPORTIONS).map(
    ([table, rows]) => [table, Math.max(1, Math.round((rows / whole) * total))] as const,
  );
  const counts = Object.fromEntries(scaled) as Record<TableFile, number>;
  const sum = scaled.reduce((rows, [, n]) => rows + n, 0);
  counts.references = Math.max(1, counts.references + total - sum);
  return counts;
}

function edge(from: string, to: string): string {
  return `${from} AS "from", ${to} AS "to"`;
}

/** The row of another table that stands where row i of this one does. */
function spread(table: TableFile, other: TableFile): string {
  return `(i * ${counts[other]} // ${counts[table]})`;
}

function fileOf(table: TableFile): string {
  return `path(${spread(table, 'files')})`;
}

/** One of the few rows of another table around that one. */
function near(table: TableFile, kind: string, other: TableFile, width = 1): string {
  const offset = width > 1 ? ` + pick(i, 11, ${width})` : '';
  return `key('${kind}', (${spread(table, other)}${offset}) % ${counts[other]})`;
}

/** The low numbers far more often than the high: a tenth of them gets nearly half. */
function popular(kind: string, table: TableFile): string {
  return `key('${kind}', CAST(floor(${counts[table]} * pow(pick(i, 12, 1000000000) / 1e9, 3)) AS BIGINT))`;
}
