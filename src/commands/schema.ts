import { Option, type Command } from 'commander';
import { codeGraph } from '../codegraph.js';
import { ENGINE_NAMES } from '../engine/engine.js';
import { plural } from '../format.js';
import { printJson, printLines, type Io, type OutputFlags } from '../output.js';
import { toCypher, toMermaid } from '../schema.js';
import type { SchemaTask } from '../tasks.js';
import type { EngineName, GraphSchema } from '../types.js';
import { memoryOption, type MemoryFlag } from './arguments.js';

interface Flags extends OutputFlags, MemoryFlag {
  format?: 'cypher' | 'json' | 'mermaid';
  db?: string;
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
      new Option(
        '--db <path>',
        'create the tables in this database; it is created where there is none',
      ).conflicts('format'),
    )
    .addOption(
      new Option('--engine <name>', 'of a database that is created (default: kuzu)').choices(
        ENGINE_NAMES,
      ),
    )
    .addOption(memoryOption())
    .addHelpText(
      'after',
      `
Examples:
  kgload schema > schema.cypher
  kgload schema ./parquet --schema infer
  kgload schema --db graph.db`,
    );
}

export async function run([dataset]: string[], flags: Flags, io: Io): Promise<number> {
  const given = {
    ...(flags.schema !== undefined && { schema: flags.schema }),
    ...(dataset !== undefined && { dataset }),
    ...(flags.engine !== undefined && { engine: flags.engine }),
    memory: flags.memory,
  };
  if (flags.db !== undefined) return await create(flags.db, given, flags, io);
  const schema = await readSchema(given);
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

/** The built-in one needs no engine, and so no process of its own. */
async function readSchema(given: Given): Promise<GraphSchema> {
  if (given.schema === undefined && given.dataset === undefined) return codeGraph;
  const { runTask } = await import('../isolation.js');
  return await runTask({ kind: 'schema', ...given } as const);
}

async function create(database: string, given: Given, flags: Flags, io: Io): Promise<number> {
  const { runTask } = await import('../isolation.js');
  const { created, existing } = await runTask({ kind: 'create', database, ...given } as const);
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
  return 0;
}
