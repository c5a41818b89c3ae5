/** What a worker does besides loading: all else that opens or decodes what others made. */
import { isServerUrl } from '../bolt/address.js';
import { readTables } from '../database/catalog.js';
import { type CreatedTables, createTablesAt } from '../database/create.js';
import { readDatabase } from '../database/open.js';
import { inspectDatabase, likelyEngine } from '../database/target.js';
import { loadDecoder } from '../dataset/rows.js';
import { drive } from '../engine/drive.js';
import { defaultBufferPool } from '../engine/resources.js';
import { type ExportReport, exportSteps } from '../export.js';
import type { Asked, Question } from '../graph/ask.js';
import type { Unclear } from '../graph/things.js';
import { preprocess, type PreprocessReport } from '../prepare/preprocess.js';
import { resolveSchema } from '../schema/choose.js';
import type {
  EngineName,
  GraphSchema,
  LoadEvent,
  Problem,
  ServerAccess,
  VerifyReport,
} from '../types.js';
import { showSchema, verifyDatabase } from '../server/either.js';

/** Goes through JSON. */
export type Task =
  PreprocessTask | ExportTask | VerifyTask | SchemaTask | CreateTask | TablesTask | AskTask;

interface AnyTask {
  /** A schema file, or `infer`. */
  schema?: string | undefined;
  /** Bytes that the process may hold. */
  memory: number;
}

export interface PreprocessTask extends AnyTask {
  kind: 'preprocess';
  source: string;
  destination: string;
  keepExtra?: boolean;
}

export interface ExportTask extends AnyTask {
  kind: 'export';
  database: string;
  /** Who asks a server. */
  server?: ServerAccess | undefined;
  directory: string;
}

export interface VerifyTask extends AnyTask {
  kind: 'verify';
  database: string;
  dataset: string;
  /** Who asks a server. */
  server?: ServerAccess | undefined;
}

export interface SchemaTask extends AnyTask {
  kind: 'schema';
  /** The one whose schema is asked for. */
  database?: string | undefined;
  /** Who asks a server. */
  server?: ServerAccess | undefined;
  dataset?: string | undefined;
  engine?: EngineName | undefined;
}

/** {@link SchemaTask}, and its tables in a database. */
export interface CreateTask extends AnyTask {
  kind: 'create';
  database: string;
  dataset?: string | undefined;
  engine?: EngineName | undefined;
}

/** The tables of a database, without what is in no catalog. */
export interface TablesTask extends AnyTask {
  kind: 'tables';
  database: string;
  /** Who asks a server. */
  server?: ServerAccess | undefined;
}

export interface AskTask extends AnyTask {
  kind: 'ask';
  database: string;
  question: Question;
}

export interface Results {
  preprocess: PreprocessReport;
  export: ExportReport;
  verify: VerifyReport;
  schema: GraphSchema;
  create: CreatedTables;
  tables: GraphSchema;
  ask: Asked | Unclear;
}

/** A comparison has two databases open, and there is Node besides. */
const POOL_SHARE = 0.4;

/** Does a task in this process. */
export async function perform(
  task: Task,
  onEvent: (event: LoadEvent) => void,
): Promise<Results[Task['kind']]> {
  const bufferPool = Math.floor(Math.min(defaultBufferPool(), task.memory * POOL_SHARE));
  switch (task.kind) {
    case 'preprocess': {
      const { source, destination, keepExtra = false } = task;
      const { schema } = await resolveSchema(task.schema, source);
      return await preprocess(source, destination, { schema, keepExtra, onEvent });
    }
    case 'export': {
      const { schema } = await resolveSchema(task.schema, undefined);
      if (isServerUrl(task.database)) {
        const { exportServer } = await import('../server/export.js');
        const { server: access } = task;
        const types = task.schema === undefined ? undefined : schema;
        return await exportServer(task.database, task.directory, {
          access,
          names: schema,
          types,
          onEvent,
        });
      }
      const options = { schema, bufferPool, onEvent };
      return await drive(exportSteps(task.database, task.directory, options, await loadDecoder()));
    }
    case 'verify': {
      const { database, dataset, server } = task;
      const options = { bufferPool, onEvent, ...(server && { server }) };
      if (task.schema === undefined) return await verifyDatabase(database, dataset, options);
      const { schema } = await resolveSchema(task.schema, dataset, likelyEngine(database));
      return await verifyDatabase(database, dataset, { ...options, schema });
    }
    case 'schema':
      if (task.database !== undefined) {
        const onWarning = (warning: Problem): void => {
          onEvent({ type: 'warned', warning });
        };
        return await showSchema(task.database, task.server, onWarning);
      }
      return (await resolveSchema(task.schema, task.dataset, task.engine)).schema;
    case 'tables':
      // What of a server's graph no tables hold, is nothing that a prompt completes.
      if (isServerUrl(task.database)) {
        return await showSchema(task.database, task.server, () => undefined);
      }
      return await drive(
        readDatabase(inspectDatabase(task.database), ({ connection }) => readTables(connection)),
      );
    case 'ask': {
      const { askQuestion } = await import('../graph/ask.js');
      return await askQuestion(task.database, task.question, { bufferPool });
    }
    case 'create': {
      const { database, dataset, engine, schema: choice } = task;
      const { schema } = await resolveSchema(choice, dataset, likelyEngine(database, engine));
      const onStaged = (directory: string): void => {
        onEvent({ type: 'staged', directory });
      };
      const options = engine === undefined ? {} : { engine };
      return await drive(createTablesAt(database, schema, options, onStaged));
    }
  }
}
