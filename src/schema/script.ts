/** A schema as the Cypher statements that create it. */
import { planTables } from '../plan/plan.js';
import type { GraphSchema } from '../types.js';

/** The Cypher statements that create the schema, one a line. */
export function toCypher(schema: GraphSchema): string {
  return toScript(planTables(schema, new Map()));
}

/** Statements as the text of a file. */
export function toScript(statements: readonly string[]): string {
  return statements.map((statement) => `${statement};\n`).join('');
}
