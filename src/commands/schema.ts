import { type Command, Option } from 'commander';
import { ENGINE_NAMES } from '../engine/native.js';
import { KgloadError } from '../errors.js';
import { plural } from '../format.js';
import { codeGraph } from '../model/codegraph.js';
import type { SchemaTask } from '../process/tasks.js';
import { toMermaid } from '../schema/mermaid.js';
import { toCypher } from '../schema/script.js';
import {
  type Io,
  type OutputFlags,
  printJson,
  printLines,
  printProblem,
} from '../terminal/output.js';
import type { EngineName, GraphSchema } from '../types.js';
import { type MemoryFlag, memoryOption } from './arguments.js';

interface Flags extends OutputFlags, MemoryFlag {
  format?: 'cypher' | 'json' | 'mermaid';
  db?: string;
  create?: boolean;
  engine?: EngineName;
}

export function define(command: Command): void {
  command
    .argument('[dataset]', 'the dataset that a schema is inferred from, or that carries its own')
    .addOption(
      new Option(
        '--format <format>',
        'cypher (the default), json, or mermaid for a diagram',
      ).choices(['cypher', 'json', 'mermaid']),
    )
    .addOption(
      new Option('--db <path>', 'show the schema of this database; it is opened read-only'),
    )
    .addOption(
      new Option(
        '--create',
        'create the tables in the database of --db, and that where there is none',
      ).conflicts('format'),
    )
    .addOption(
      new Option(
        '--engine <name>',
        `of a database that is created (default: kuzu, or ladybug where that alone is installed)`,
      ).choices(ENGINE_NAMES),
    )
    .addOption(memoryOption())
    .addHelpText(
      'after',
      `
Examples:
  kgload schema > schema.cypher
  kgload schema ./parquet --schema infer
  kgload schema --db graph.db
  kgload schema --db graph.db --create`,
    );
}

type End = number | { code: number; done: string };

export async function run([dataset]: string[], flags: Flags, io: Io): Promise<End> {
  const { db, schema: choice, engine, memory } = flags;
  const given = { schema: choice, dataset, engine, memory };
  if (flags.create) {
    if (db !== undefined) return await create(db, given, flags, io);
    throw usage('--create needs a database', 'name it: --db graph.db');
  }
  if (db !== undefined && (dataset !== undefined || choice !== undefined)) {
    throw usage(
      '--db shows the schema that the database has, whatever else is named',
      'to create the tables of another schema in it, say --create',
    );
  }
  const schema = await readSchema({ ...given, database: db }, flags, io);
  const format = flags.format ?? (flags.json ? 'json' : 'cypher');
  if (format === 'json') printJson(io, schema);
  else {
    const text = format === 'cypher' ? toCypher(schema) : toMermaid(schema);
    if (flags.json) printJson(io, { [format]: text });
    else io.stdout.write(text);
  }
  return 0;
}

type Given = Omit<SchemaTask, 'kind'>;

function usage(message: string, hint: string): KgloadError {
  return new KgloadError({ code: 'USAGE', message, hint });
}

/** The built-in one needs no engine, and so no process of its own. */
async function readSchema(given: Given, flags: Flags, io: Io): Promise<GraphSchema> {
  const { schema, dataset, database } = given;
  if (schema === undefined && dataset === undefined && database === undefined) return codeGraph;
  const { runTask } = await import('../process/isolation.js');
  return await runTask({ kind: 'schema', ...given } as const, (event) => {
    if (event.type === 'warned' && !flags.quiet) printProblem(io, 'warning', event.warning);
  });
}

async function create(database: string, given: Given, flags: Flags, io: Io): Promise<End> {
  const { runTask } = await import('../process/isolation.js');
  const { created, existing } = await runTask({ kind: 'create', ...given, database } as const);
  if (flags.json) printJson(io, { database, created, existing });
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
