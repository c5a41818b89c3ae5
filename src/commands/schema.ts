import { type Command, Option } from 'commander';
import { isServerUrl } from '../bolt/address.js';
import { plural } from '../format.js';
import { codeGraph } from '../model/codegraph.js';
import type { SchemaTask } from '../process/tasks.js';
import { toMermaid } from '../schema/mermaid.js';
import { toCypher } from '../schema/script.js';
import { createDocument, schemaDocument } from '../terminal/documents.js';
import { type Io, type OutputFlags, printJson, printLines } from '../terminal/output.js';
import type { EngineName, GraphSchema } from '../types.js';
import {
  engineFor,
  engineOption,
  isGiven,
  type MemoryFlag,
  memoryOption,
  OUTPUT_GROUP,
  schemaOption,
  usage,
} from './arguments.js';
import { serverAccess } from './serveraccess.js';

interface Flags extends OutputFlags, MemoryFlag {
  format?: 'cypher' | 'json' | 'mermaid';
  db?: string;
  create?: boolean;
  engine?: EngineName;
}

export function define(command: Command): void {
  command
    .argument('[dataset]', 'the dataset that a schema is inferred from, or that carries its own')
    .optionsGroup('Schema:')
    .addOption(schemaOption())
    .option(
      '--db <path>',
      'show the schema of this database (neo4j://host for a server), read-only; $KGLOAD_DB counts for --create alone',
    )
    .addOption(
      new Option(
        '--create',
        'create the tables in the database of --db, and that where there is none',
      ).conflicts('format'),
    )
    .addOption(engineOption())
    .optionsGroup('Resources:')
    .addOption(memoryOption())
    .optionsGroup(OUTPUT_GROUP)
    .addOption(
      new Option('--format <format>', 'the form of the schema; mermaid is a diagram')
        .choices(['cypher', 'json', 'mermaid'])
        .default(undefined, 'cypher'),
    )
    .addHelpText(
      'after',
      `
Examples:
  # the built-in code graph, as a beginning for a schema of your own
  kgload schema > schema.cypher
  # what would be inferred from a dataset
  kgload schema ./parquet --schema infer
  # what a database has, as a diagram
  kgload schema --db graph.db --format mermaid
  # make the tables in a database
  kgload schema --db graph.db --create`,
    );
}

type End = number | { code: number; done: string };

export async function run(
  [dataset]: string[],
  flags: Flags,
  io: Io,
  command: Command,
): Promise<End> {
  const { schema: choice, engine, memory } = flags;
  const given = { schema: choice, dataset, engine, memory };
  if (flags.create) {
    const { db } = flags;
    if (db === undefined) throw usage('--create needs a database', 'name it: --db graph.db');
    if (isServerUrl(db)) {
      throw usage(
        '--create makes tables, and a server has none',
        'kgload load creates the constraints on keys as it loads',
      );
    }
    return await create(db, { ...given, engine: engineFor(db, command, flags) }, flags, io);
  }
  const db = isGiven(command, 'db') ? flags.db : undefined;
  if (db !== undefined && (dataset !== undefined || choice !== undefined)) {
    throw usage(
      '--db shows the schema that the database has, whatever else is named',
      'to create the tables of another schema in it, say --create',
    );
  }
  const server = serverAccess(db);
  const schema = await readSchema({ ...given, database: db, server }, flags, io);
  const format = flags.format ?? (flags.json ? 'json' : 'cypher');
  const shown = { cypher: toCypher, mermaid: toMermaid };
  const subject = { database: db, dataset };
  if (flags.json) {
    const document = format === 'json' ? schema : { [format]: shown[format](schema) };
    printJson(io, schemaDocument(document, subject));
  } else if (format === 'json') printJson(io, schema);
  else io.stdout.write(shown[format](schema));
  return 0;
}

type Given = Omit<SchemaTask, 'kind'>;

/** The built-in one needs no engine, and so no process of its own. */
async function readSchema(given: Given, flags: Flags, io: Io): Promise<GraphSchema> {
  const { schema, dataset, database } = given;
  if (schema === undefined && dataset === undefined && database === undefined) return codeGraph;
  const { performTask } = await import('./task.js');
  return await performTask({ kind: 'schema', ...given } as const, io, flags);
}

async function create(database: string, given: Given, flags: Flags, io: Io): Promise<End> {
  const { performTask } = await import('./task.js');
  const task = { kind: 'create', ...given, database } as const;
  const { created, existing } = await performTask(task, io, flags);
  const subject = { database, dataset: given.dataset };
  if (flags.json) printJson(io, createDocument({ created, existing }, subject));
  else if (!flags.quiet) {
    printLines(io, [
      ...(created.length > 0
        ? [`created ${plural(created.length, 'table')}: ${created.join(', ')}`]
        : []),
      ...(existing.length > 0
        ? [`${plural(existing.length, 'table')} there already: ${existing.join(', ')}`]
        : []),
    ]);
  }
  return { code: 0, done: `created ${plural(created.length, 'table')} in ${database}` };
}
