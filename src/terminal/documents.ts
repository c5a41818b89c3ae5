/** The JSON document of every command. */
import type { ShownPlan } from '../plan/shown.js';
import type { DatabaseStats, LoadReport, VerifyReport } from '../types.js';

export function loadDocument(report: LoadReport & { plan?: ShownPlan }): unknown {
  return {
    total_nodes: report.totalNodes,
    total_edges: report.totalEdges,
    total_time: report.totalTime,
    node_times: report.nodeTimes,
    edge_times: report.edgeTimes,
    errors: report.errors,
    warnings: report.warnings,
    total_skipped: report.totalSkipped,
    bad_rows: report.badRows,
    published: report.published,
    ...(report.plan && { plan: planDocument(report.plan) }),
  };
}

function planDocument({ engine, bufferPool, ...rest }: ShownPlan): unknown {
  return { engine, buffer_pool: bufferPool, ...rest };
}

export function statsDocument({
  totalNodes,
  totalEdges,
  nodes,
  edges,
  degrees,
  database,
}: DatabaseStats): unknown {
  const { path, engine, version, storageVersion, bytes } = database;
  return {
    total_nodes: totalNodes,
    total_edges: totalEdges,
    nodes,
    edges,
    ...(degrees && { degrees }),
    database: { path, engine, version, storage_version: storageVersion, bytes },
  };
}

export function verificationDocument(
  { identical, tables, errors, warnings }: VerifyReport,
  { database, dataset }: { database: string; dataset: string },
): unknown {
  return {
    database,
    dataset,
    identical,
    tables: tables.map((table) => ({
      table: table.table,
      kind: table.kind,
      identical: table.identical,
      rows: table.rows,
      properties: table.properties,
      only_in_dataset: table.onlyInDataset,
      only_in_database: table.onlyInDatabase,
    })),
    errors,
    warnings,
  };
}

/** The database of an answer. */
export function databaseDocument(database: DatabaseStats['database']): unknown {
  const { path, engine, version, storageVersion, bytes } = database;
  return { path, engine, version, storage_version: storageVersion, bytes };
}
