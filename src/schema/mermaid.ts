/** A schema as text, and as tables in a database. */
import { readCatalog, schemaDifferences } from '../database/catalog.js';
import { changeDatabase, replaceDatabase } from '../database/open.js';
import { KgloadError } from '../errors.js';
import { planTables } from '../plan/plan.js';
import type { Steps } from '../engine/drive.js';
import { pairsOf } from '../model/tables.js';
import { engineFor, inspectTarget, isThere } from '../database/target.js';
import type { Connection, EngineName, GraphSchema, Multiplicity } from '../types.js';

/** The Cypher statements that create the schema, one a line. */
export function toCypher(schema: GraphSchema): string {
  return toScript(planTables(schema, new Map()));
}

/** Statements as the text of a file. */
export function toScript(statements: readonly string[]): string {
  return statements.map((statement) => `${statement};\n`).join('');
}

/** The schema as a Mermaid entity-relationship diagram; names are quoted, since some are keywords. */
export function toMermaid(schema: GraphSchema): string {
  const lines = ['erDiagram'];
  for (const { name, primaryKey, properties } of schema.nodes) {
    lines.push(`    "${name}" {`);
    for (const property of properties) {
      const key = property.name === primaryKey ? ' PK' : '';
      lines.push(`        ${word(property.type)} ${word(property.name)}${key}`);
    }
    lines.push('    }');
  }
  for (const table of schema.edges) {
    const label = [table.name, ...table.properties.map((property) => property.name)];
    const line = CROWS_FEET[table.multiplicity ?? 'MANY_MANY'];
    for (const { from, to } of pairsOf(table)) {
      lines.push(`    "${from}" ${line} "${to}" : "${label.join(' · ')}"`);
    }
  }
  return lines.join('\n') + '\n';
}

/** Mermaid's grammar wants types and names of attributes without blanks and most signs. */
function word(text: string): string {
  return text.replace(/\s+/g, '').replace(/[^\w[\]()-]/g, '_');
}

const CROWS_FEET: Record<Multiplicity, string> = {
  MANY_MANY: '}o--o{',
  MANY_ONE: '}o--o|',
  ONE_MANY: '|o--o{',
  ONE_ONE: '|o--o|',
};

/** The tables of the schema, now all in the database. */
export interface CreatedTables {
  /** Tables that were created, in load order. */
  created: string[];
  /** Tables that were there already, as the schema has them. */
  existing: string[];
}

/**
 * Creates the tables of the schema that the database lacks.
 *
 * @throws {KgloadError} `SCHEMA_MISMATCH`, before anything is created, when a table is there with
 *   other columns, types or endpoints.
 */
export function* createTables(connection: Connection, schema: GraphSchema): Steps<CreatedTables> {
  const catalog = yield* readCatalog(connection);
  const differences = schemaDifferences(schema, catalog);
  if (differences.length > 0) {
    throw new KgloadError({
      code: 'SCHEMA_MISMATCH',
      message: `the database has other tables:\n${differences
        .map(({ table, differences: list }) => `  ${table} ${list.join('; ')}`)
        .join('\n')}`,
      hint: 'choose another database, or drop these tables',
    });
  }
  for (const cypher of planTables(schema, catalog)) yield { connection, cypher };
  const names = [...schema.nodes, ...schema.edges].map(({ name }) => name);
  return {
    created: names.filter((name) => !catalog.has(name)),
    existing: names.filter((name) => catalog.has(name)),
  };
}

/**
 * {@link createTables} in the database at a path, which is created where there is none.
 *
 * @throws {KgloadError} Also `ENGINE_MISMATCH`, and what {@link inspectTarget} throws.
 */
export function* createTablesAt(
  path: string,
  schema: GraphSchema,
  options: { engine?: EngineName } = {},
  onStaged?: (directory: string) => void,
): Steps<CreatedTables> {
  const target = inspectTarget(path);
  const engine = engineFor(target, options);
  if (isThere(target)) {
    return yield* changeDatabase(target, function* (connection) {
      // All of them or none: a statement that fails ends the transaction.
      yield { connection, cypher: 'BEGIN TRANSACTION' };
      const tables = yield* createTables(connection, schema);
      yield { connection, cypher: 'COMMIT' };
      return tables;
    });
  }
  const { created, existing } = yield* replaceDatabase(
    target,
    engine,
    function* ({ connection }) {
      return { ...(yield* createTables(connection, schema)), published: true };
    },
    { ...(onStaged && { onStaged }) },
  );
  return { created, existing };
}
