import { Option, type Command } from 'commander';
import { ENGINE_NAMES } from '../engine/engine.js';
import { plural } from '../format.js';
import { onInterrupt } from '../interrupt.js';
import { printJson, printLines, type Io, type OutputFlags } from '../output.js';
import { createTablesAt, toCypher, toMermaid } from '../schema.js';
import { discardStaging } from '../staging.js';
import { resolveSchema } from '../schemachoice.js';
import { drive } from '../steps.js';
import { likelyEngine } from '../target.js';
import type { EngineName, GraphSchema } from '../types.js';

interface Flags extends OutputFlags {
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
  const engine = flags.db === undefined ? flags.engine : likelyEngine(flags.db, flags.engine);
  const { schema } = await resolveSchema(flags.schema, dataset, engine);
  if (flags.db !== undefined) return await create(flags.db, schema, flags, io);
  const format = flags.format ?? (flags.json ? 'json' : 'cypher');
  if (format === 'json') printJson(io, schema);
  else {
    const text = format === 'cypher' ? toCypher(schema) : toMermaid(schema);
    if (flags.json) printJson(io, { [format]: text });
    else io.stdout.write(text);
  }
  return 0;
}

async function create(path: string, schema: GraphSchema, flags: Flags, io: Io): Promise<number> {
  let staging: string | undefined;
  const ignoreSignals = onInterrupt(() => {
    if (staging !== undefined) discardStaging(staging);
  });
  try {
    const { created, existing } = await drive(
      createTablesAt(path, schema, flags, (directory) => (staging = directory)),
    );
    if (flags.json) printJson(io, { database: path, created, existing });
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
  } finally {
    ignoreSignals();
  }
  return 0;
}
