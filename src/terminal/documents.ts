/** The JSON document of every command; docs/json.md tells of them, docs/json/ has their schemas. */
import { type DatabaseIdentity, identifyDatabase } from '../database/identity.js';
import type { CreatedTables } from '../database/create.js';
import type { AnalyzeReport } from '../analyze/report.js';
import type { ExportReport } from '../export.js';
import type { ShownPlan } from '../plan/shown.js';
import type { PreprocessReport } from '../prepare/preprocess.js';
import type {
  DatabaseStats,
  GraphSchema,
  LoadReport,
  Problem,
  TableVerification,
  VerifyReport,
} from '../types.js';

/** What a command works on, as far as it was named. */
export interface Subject {
  database?: string | undefined;
  dataset?: string | undefined;
}

function describeSubject({ database, dataset }: Subject): {
  database?: DatabaseIdentity;
  dataset?: string;
} {
  return {
    ...(database !== undefined && { database: identifyDatabase(database) }),
    ...(dataset !== undefined && { dataset }),
  };
}

/** Of a command that got nowhere. */
export function problemDocument(error: Problem, subject: Subject = {}): unknown {
  return { ...describeSubject(subject), errors: [error], warnings: [] };
}

/** Of an example dataset that was written. */
export function exampleDocument(dataset: string, name: string): unknown {
  return { dataset, name, errors: [], warnings: [] };
}

export function loadDocument(
  report: LoadReport & { plan?: ShownPlan },
  subject: Subject = {},
  analysis?: AnalyzeReport,
): unknown {
  return {
    total_nodes: report.totalNodes,
    total_edges: report.totalEdges,
    total_time: report.totalTime,
    node_times: report.nodeTimes,
    edge_times: report.edgeTimes,
    step_times: report.stepTimes,
    errors: report.errors,
    warnings: report.warnings,
    total_skipped: report.totalSkipped,
    bad_rows: report.badRows,
    published: report.published,
    ...(report.changes && { changes: report.changes }),
    ...(report.plan && { plan: planDocument(report.plan) }),
    ...(analysis && { analysis: foundDocument(analysis) }),
    ...describeSubject(subject),
  };
}

export function exportDocument(report: ExportReport, subject: Subject): unknown {
  return {
    ...describeSubject(subject),
    total_nodes: report.totalNodes,
    total_edges: report.totalEdges,
    total_time: report.totalTime,
    node_times: report.nodeTimes,
    edge_times: report.edgeTimes,
    errors: [],
    warnings: [],
  };
}

export function analyzeDocument(report: AnalyzeReport): unknown {
  return { dataset: report.dataset, ...foundDocument(report) };
}

/** Of an analysis whose dataset is gone. */
function foundDocument(report: AnalyzeReport): object {
  const languages = Object.entries(report.languages).map(([name, count]) => {
    const { files, lines, cached, filesOnly } = count;
    return [name, { files, lines, cached, files_only: filesOnly }];
  });
  return {
    root: report.root,
    total_nodes: report.totalNodes,
    total_edges: report.totalEdges,
    total_time: report.totalTime,
    node_rows: report.nodeRows,
    edge_rows: report.edgeRows,
    step_times: report.stepTimes,
    languages: Object.fromEntries(languages) as unknown,
    calls: report.calls,
    bases: report.bases,
    syntax_errors: report.syntaxErrors,
    others: report.others,
    notes: report.notes,
    errors: report.errors,
    warnings: report.warnings,
  };
}

export function preprocessDocument(
  { files, warnings }: PreprocessReport,
  { source, destination }: { source: string; destination: string },
): unknown {
  return { source, destination, files, errors: [], warnings };
}

function planDocument({ engine, bufferPool, ...rest }: ShownPlan): unknown {
  return { engine, buffer_pool: bufferPool, ...rest };
}

/** `nodes` and `edges` are definitions in a schema's document, and so have other names here too. */
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
    node_rows: nodes,
    edge_rows: edges,
    nodes,
    edges,
    ...(degrees && { degrees }),
    database: {
      path,
      engine,
      version,
      storage_version: storageVersion ?? null,
      bytes: bytes ?? null,
    },
    errors: [],
    warnings: [],
  };
}

export function verificationDocument(
  { identical, tables, errors, warnings }: VerifyReport,
  subject: Subject,
): unknown {
  return {
    ...describeSubject(subject),
    identical,
    tables: tables.map(verifiedTable),
    errors,
    warnings,
  };
}

function verifiedTable(table: TableVerification): unknown {
  return {
    table: table.table,
    kind: table.kind,
    identical: table.identical,
    rows: table.rows,
    properties: table.properties,
    only_in_dataset: table.onlyInDataset,
    only_in_database: table.onlyInDatabase,
  };
}

/** What else it holds is passed over where it is read back as a schema. */
export function schemaDocument(
  schema: GraphSchema | Record<string, string>,
  subject: Subject,
): unknown {
  return { ...schema, ...describeSubject(subject), errors: [], warnings: [] };
}

export function createDocument({ created, existing }: CreatedTables, subject: Subject): unknown {
  return { ...describeSubject(subject), created, existing, errors: [], warnings: [] };
}

/** The database of an answer. */
export function databaseDocument(database: DatabaseStats['database']): unknown {
  const { path, engine, version, storageVersion, bytes } = database;
  return { path, engine, version, storage_version: storageVersion ?? null, bytes: bytes ?? null };
}
