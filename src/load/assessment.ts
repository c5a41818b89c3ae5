/** What a load finds before it writes: the place, what is there already, and the plan that comes of it. */
import { countedTable, countRows, readWithMultiplicities } from '../database/catalog.js';
import {
  engineFor,
  type ExistingTarget,
  inspectTarget,
  isThere,
  type Target,
} from '../database/target.js';
import type { Dataset } from '../dataset/dataset.js';
import type { Steps } from '../engine/drive.js';
import { capabilitiesOf } from '../engine/native.js';
import { machine } from '../engine/resources.js';
import type { Catalog } from '../model/differences.js';
import { planLoad } from '../plan/copies.js';
import { type Plan, withoutTables } from '../plan/plan.js';
import type { LoadRequest } from '../plan/request.js';
import { idleJobs, type Needs, needsOf } from '../plan/schedule.js';
import type { Connection, EngineName, GraphSchema, Problem } from '../types.js';
import { countParts } from './parts.js';
import { keysNotCopied, notEmpty, nothingToLoad, refuse } from './refusals.js';

/** Where a load goes. */
export interface Place {
  target: Target;
  /** The database that is added to; absent where a new one is built. */
  existing?: ExistingTarget;
  engine: EngineName;
  needs: Needs;
  warnings: Problem[];
}

/** What is there, and what is to be done. */
export interface Assessment {
  catalog: Catalog;
  plan: Plan;
  /** Rows of the tables to be loaded that the database has already. */
  present: ReadonlyMap<string, number>;
}

/**
 * Looks at the path of a database that a dataset is to be loaded into.
 *
 * @throws {KgloadError} `TARGET_NOT_A_DATABASE`, `TARGET_UNWRITABLE`, `ENGINE_MISMATCH`.
 */
export function assessPlace(
  path: string,
  dataset: Dataset,
  { schema, settings }: LoadRequest,
): Place {
  const target = inspectTarget(path);
  const engine = engineFor(target, settings);
  const existing = isThere(target) && !settings.fresh ? target : undefined;
  const capabilities = capabilitiesOf(engine);
  const needs = needsOf(dataset, schema.nodes.length, settings, machine(), capabilities);
  const warnings = idleJobs(settings, capabilities, existing !== undefined, needs);
  return { target, ...(existing && { existing }), engine, needs, warnings };
}

/**
 * Looks at the tables of a database and plans the load into them.
 *
 * @throws {KgloadError} `SCHEMA_MISMATCH`, `SCHEMA_INVALID`, `TARGET_NOT_EMPTY`, `NOTHING_TO_LOAD`.
 */
export function* assessTables(
  connection: Connection,
  dataset: Dataset,
  { schema, settings }: LoadRequest,
): Steps<Assessment> {
  const catalog = yield* readWithMultiplicities(connection, schema);
  const planned = planLoad(schema, dataset, catalog, settings.update !== undefined);
  refuse(planned.conflicts);
  refuse(keysNotCopied(planned));
  refuse(nothingToLoad(planned, dataset));
  const plan = withoutTables(planned, settings.exclude);
  const present = yield* countPresent(connection, schema, plan, catalog);
  if (!settings.append && !settings.update) refuse(notEmpty(plan, present));
  return { catalog, plan: yield* countParts(connection, plan), present };
}

function* countPresent(
  connection: Connection,
  { nodes, edges }: GraphSchema,
  { tables }: Plan,
  catalog: Catalog,
): Steps<Map<string, number>> {
  const present = new Map<string, number>();
  const copied = new Set(tables.flatMap(({ table, copies }) => (copies.length > 0 ? table : [])));
  for (const table of [...nodes, ...edges]) {
    const { name } = table;
    if (!copied.has(name)) continue;
    present.set(name, catalog.has(name) ? yield* countRows(connection, countedTable(table)) : 0);
  }
  return present;
}
