/** The pairs of node tables that the edges of a file connect. */
import { labelIn } from '../cypher/rows.js';
import type { DatasetFile } from '../dataset/dataset.js';
import type { Footer } from '../dataset/footer.js';
import { KgloadError } from '../errors.js';
import { type Column, describeColumns, findColumn } from '../model/column.js';
import { labelSpellings, pairFileNames } from '../model/names.js';
import { pairsOf } from '../model/tables.js';
import type { Endpoints, GraphSchema, NodeTable, RelTable } from '../types.js';
import { ENDPOINT_COLUMNS } from './columns.js';

/** The names of columns that say which node tables an edge connects: from, then to. */
const LABEL_COLUMNS = ENDPOINT_COLUMNS.map((sides) =>
  sides.flatMap((side) => ['table', 'label', 'type'].map((noun) => `${side}_${noun}`)),
);

/** The pairs of node tables that a file's edges connect, and which of its rows those of each are. */
export function filePairs(
  table: NodeTable | RelTable,
  schema: GraphSchema,
  file: DatasetFile,
  footer: Footer,
): { pair?: Endpoints; condition?: string }[] {
  if (!('from' in table)) return [{}];
  const pairs = pairsOf(table);
  if (file.pair) return [{ pair: file.pair }];
  if (pairs.length === 1) return [{}];
  const [from, to] = labelColumns(footer);
  if (!from || !to) {
    throw new KgloadError({
      code: 'COLUMN_MISSING',
      message: `${table.name} connects several pairs of node tables, and nothing in ${file.name} tells which: it has ${describeColumns(footer.columns)}`,
      hint: `name the files after the pairs (${pairs.map((pair) => `${pairFileNames(table, pair)[0] ?? ''}.parquet`).join(', ')}), or add columns from_table and to_table`,
    });
  }
  return pairs.map((pair) => ({
    pair,
    condition: `${labelIs(from, pair.from, schema)} AND ${labelIs(to, pair.to, schema)}`,
  }));
}

/** The columns of a file that name the node tables which its edges connect, if it has them. */
export function labelColumns({ columns }: Footer): (Column | undefined)[] {
  const strings = columns.filter(({ meaning }) => meaning.is === 'string');
  return LABEL_COLUMNS.map((names) => findColumn(names, strings));
}

/** Tables are named as in the schema, or as people write them: `Function`, `function`, `functions`. */
function labelIs(column: Column, table: string, schema: GraphSchema): string {
  const file = schema.nodes.find(({ name }) => name === table)?.file ?? table;
  return labelIn(column.name, [...new Set([table, file].flatMap(labelSpellings))]);
}
