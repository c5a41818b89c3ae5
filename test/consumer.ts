/** A program that uses the package: test/package.test.ts compiles and runs it where kgload is installed. */
import {
  codeGraph,
  createSchema,
  DependencyGraph,
  KgloadError,
  loadFromParquet,
  loadFromParquetSync,
  preprocessFilesParquet,
  type CreatedTables,
  type ErrorCode,
  type FunctionRow,
  type GraphSchema,
  type LoadEvent,
  type LoadOptions,
  type LoadReport,
  type PreprocessReport,
  type Problem,
  type ReachedFunction,
  type TableTime,
} from 'kgload';
import { Connection, Database } from 'kuzu';

const schema: GraphSchema = { ...codeGraph };
const finished: string[] = [];
const options: LoadOptions = {
  schema,
  onError: 'abort',
  onEvent: (event: LoadEvent) => {
    if (event.type === 'finished') finished.push(event.table);
  },
};

const database = new Database(':memory:');
const connection = new Connection(database);
const { created }: CreatedTables = await createSchema(connection, schema);
const report: LoadReport = await loadFromParquet(connection, 'fixtures/code-graph', options);
const functions: TableTime | undefined = report.nodeTimes['Function'];
await connection.close();
await database.close();

const blocking = loadFromParquetSync('graph.db', 'fixtures/code-graph', { createNew: true });
const problems: Problem[] = [...blocking.errors, ...blocking.warnings];

const callers: ReachedFunction[] = [];
async function ask(): Promise<FunctionRow[]> {
  await using graph = new DependencyGraph('graph.db', { readOnly: true });
  for await (const caller of graph.getCallers('f3', { depth: 2 })) callers.push(caller);
  return await graph.getAllFunctionsInFile('shop/cart.py');
}
const found = await ask();

const { files }: PreprocessReport = await preprocessFilesParquet(
  'fixtures/code-graph/nodes/files.parquet',
  'files.parquet',
);

let code: ErrorCode | undefined;
try {
  loadFromParquetSync('graph.db', 'nowhere');
} catch (error) {
  if (error instanceof KgloadError) code = error.code;
}

console.log(
  JSON.stringify({
    created: created.length,
    finished: finished.length,
    functions: functions?.rows,
    edges: blocking.totalEdges,
    problems,
    callers: callers.map(({ name }) => name),
    found: found.map(({ name }) => name),
    dropped: files[0]?.dropped,
    code,
  }),
);
