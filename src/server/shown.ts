/** The plan of a load into a server, as people may see it. */
import type { Server } from '../bolt/server.js';
import type { PlannedTable } from '../plan/plan.js';
import type { PlannedRows } from '../plan/rows.js';
import type { ShownPlan } from '../plan/shown.js';
import type { GraphSchema } from '../types.js';
import { constraintsOf, statementOf } from './statements.js';

export function showServerPlan(
  server: Server,
  schema: GraphSchema,
  tables: readonly PlannedTable<PlannedRows>[],
): ShownPlan {
  const phaseOf = (kind: 'node' | 'edge'): ShownPlan['phases'][number] => ({
    tables: tables
      .filter((planned) => planned.kind === kind)
      .map(({ table, rows, copies }) => ({
        table,
        kind,
        rows,
        search: 'before',
        copies: copies.map((file) => ({
          file: file.file,
          rows: file.rows,
          source: file.path,
          statement: statementOf(kind, table, file),
        })),
      })),
  });
  return {
    engine: 'neo4j',
    bufferPool: 0,
    commit: 'batch',
    jobs: 1,
    create: constraintsOf(server, schema, tables).map(({ cypher }) => cypher),
    phases: [phaseOf('node'), phaseOf('edge')],
  };
}
