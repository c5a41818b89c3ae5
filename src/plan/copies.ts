/** What an embedded engine does with each file of a dataset: statements, and what is known of their rows. */
import { type LeftOut, withoutEdges } from '../cypher/multiplicity.js';
import { copyFrom, copyQuery, loadFrom } from '../cypher/statements.js';
import type { Dataset, DatasetFile } from '../dataset/dataset.js';
import { KgloadError } from '../errors.js';
import { formatCount, listNames } from '../format.js';
import { type Column, describeColumns } from '../model/column.js';
import type { Catalog } from '../model/differences.js';
import type { GraphSchema, NodeTable, Problem, RelTable } from '../types.js';
import { mapColumns } from './columns.js';
import { limitOf } from './limit.js';
import { filePairs } from './pairs.js';
import {
  noColumn,
  type Plan,
  planAll,
  type PlannedCopy,
  type PlannedTable,
  withoutTables,
} from './plan.js';

/**
 * Plans the load of a dataset into a database with these tables.
 *
 * @param mayHaveMore - The tables may have properties that the schema has not.
 */
export function planLoad(
  schema: GraphSchema,
  dataset: Dataset,
  catalog: Catalog,
  mayHaveMore = false,
): Plan {
  const plan = planAll(planCopies, schema, dataset, catalog, mayHaveMore);
  return { ...plan, warnings: [...plan.warnings, ...warnOfSingleGroups(dataset)] };
}

/** From about here on, a scan by one thread alone costs more than a second. */
const MANY_ROWS = 1_000_000;

/** The engine reads the row groups of a file in parallel, and one row group with one thread. */
function warnOfSingleGroups(dataset: Dataset): Problem[] {
  const files = [...dataset.tables.values()]
    .flatMap((table) => table.files)
    .filter(({ footer }) => 'rows' in footer && footer.rowGroups === 1 && footer.rows >= MANY_ROWS)
    .map(({ name }) => name);
  if (files.length === 0) return [];
  return [
    {
      code: 'ROW_GROUP_SINGLE',
      message: `loaded by one thread, since all rows are in one row group: ${listNames(files)}`,
      hint: 'kgload preprocess writes smaller row groups; that pays if you load them often',
    },
  ];
}

/**
 * The copies of one file: several where its edges connect several pairs of node tables.
 *
 * @throws {KgloadError} Why the file can't be loaded.
 */
function planCopies(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  file: DatasetFile,
  catalog: Catalog,
): { files: PlannedCopy[]; warnings: Problem[] } {
  if ('code' in file.footer) throw new KgloadError(file.footer);
  const { footer } = file;
  const warnings = new Map<string, Problem>();
  const copies = filePairs(table, schema, file, footer).map(({ pair, condition }) => {
    const columns = mapColumns(table, schema, pair ? { ...file, pair } : file, footer);
    for (const property of columns.missing) warnings.set(property, noColumn(table, file, property));
    if (columns.unreadable.length > 0) {
      throw new KgloadError({
        code: 'COLUMN_TYPE',
        message: `${file.name} has columns that the engine cannot read: ${describeColumns(columns.unreadable)}`,
        hint: 'rewrite it with kgload preprocess',
      });
    }
    const source = loadFrom(file.path, condition);
    const options = pair ? { pair } : {};
    const copy: PlannedCopy = {
      cypher: copyFrom(table.name, source, columns.mappings, options),
      lenient: copyFrom(table.name, source, columns.mappings, { ...options, ignoreErrors: true }),
      source,
      path: file.path,
      ...(condition !== undefined && { condition }),
      layout: layoutOf(footer.columns),
      file: file.name,
      rows: condition === undefined ? footer.rows : 0,
      isPart: condition !== undefined,
      mappings: columns.mappings,
      keys: columns.keys,
      checked: columns.checked,
      doubts: columns.doubts,
      rounded: columns.rounded,
      ignored: [...columns.ignored, ...(file.leftOut ?? [])],
      ...options,
    };
    return { ...copy, ...limitOf(table, copy, catalog) };
  });
  return { files: copies, warnings: [...warnings.values()] };
}

function layoutOf(columns: readonly Column[]): string {
  const layouts = columns.map(({ name, type, engineType }) => [name, type, engineType]);
  return JSON.stringify(layouts);
}

/**
 * The copies with one in the place of all those of files that can be read together: a COPY costs some
 * 10 ms, and of edges more with each that went before (Kuzu 0.11.3: 1 s a million rows in one file, 60 s
 * in 2,000).
 */
export function mergeCopies(table: string, copies: readonly PlannedCopy[]): PlannedCopy[] {
  const groups = new Map<string, PlannedCopy[]>();
  for (const copy of copies) {
    const { mappings, layout, condition, pair, path } = copy;
    const isKnown = path.endsWith('.parquet');
    const key = JSON.stringify([mappings, layout, condition, pair, isKnown]);
    const group = groups.get(key);
    if (group) group.push(copy);
    else groups.set(key, [copy]);
  }
  return [...groups.values()]
    .map((members) => {
      const [first] = members;
      if (!first || members.length === 1) return first ?? copies[0];
      const paths = members.map(({ path }) => path);
      const source = loadFrom(paths, first.condition);
      const options = first.pair ? { pair: first.pair } : {};
      return {
        ...first,
        cypher: copyFrom(table, source, first.mappings, options),
        lenient: copyFrom(table, source, first.mappings, { ...options, ignoreErrors: true }),
        source,
        file: `${first.file} and ${members.length - 1} more`,
        rows: members.reduce((sum, { rows }) => sum + rows, 0),
        members,
      };
    })
    .filter((copy) => copy !== undefined);
}

/** The same copy, with other expressions for some of its properties: property → expression. */
export function withExpressions(
  table: string,
  copy: PlannedCopy,
  expressions: ReadonlyMap<string, string>,
): PlannedCopy {
  const mappings = copy.mappings.map((mapping) => {
    const expression = expressions.get(mapping.property ?? '');
    return expression === undefined ? mapping : { ...mapping, expression };
  });
  const options = copy.pair ? { pair: copy.pair } : {};
  return {
    ...copy,
    mappings,
    cypher: copyFrom(table, copy.source, mappings, options),
    lenient: copyFrom(table, copy.source, mappings, { ...options, ignoreErrors: true }),
  };
}

/** Those of a table's copies whose edges connect the same node tables. */
export function samePair(
  { pair }: PlannedCopy,
  copies: readonly PlannedCopy[],
): readonly PlannedCopy[] {
  return copies.filter((one) => one.pair?.from === pair?.from && one.pair?.to === pair?.to);
}

/** The same copy, but some edges are left out, and those without an endpoint. */
export function withoutRows(table: string, copy: PlannedCopy, leftOut: LeftOut): PlannedCopy {
  const query = withoutEdges(copy, leftOut, copy.isPart ? 'AND' : 'WHERE');
  const options = copy.pair ? { pair: copy.pair } : {};
  return { ...copy, cypher: copyQuery(table, query, copy.mappings, options) };
}

/**
 * The plan with the rows of those copies that take some of a file's rows. A file with rows that no
 * copy takes fails its table.
 */
export function withPartRows(plan: Plan, counts: ReadonlyMap<PlannedCopy, number>): Plan {
  const problems: Problem[] = [];
  const tables = plan.tables.map((planned) => {
    if (!planned.copies.some((copy) => counts.has(copy))) return planned;
    const copies = planned.copies.map((copy) => ({
      ...copy,
      rows: counts.get(copy) ?? copy.rows,
    }));
    const taken = copies.reduce((sum, { rows }) => sum + rows, 0);
    if (taken !== planned.rows) problems.push(uncovered(planned, taken));
    return { ...planned, copies };
  });
  return withoutTables({ ...plan, tables }, problems);
}

function uncovered({ table, file, rows }: PlannedTable, taken: number): Problem {
  return {
    code: 'MISSING_ENDPOINT',
    table,
    file,
    message: `${table} failed: ${file} holds ${formatCount(rows)} rows, and ${formatCount(taken)} of them name node tables that ${table} connects`,
    hint: 'mend the columns that name the tables, or add the pair to the schema',
  };
}
