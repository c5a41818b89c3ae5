/**
 * Stands between the engines and the values that they change (see hazards.ts): puts what was found of
 * them into the plan, and compares what is stored with the files afterwards.
 */
import { showStorage } from '../cypher/statements.js';
import { type Kept, keysWithValue, type Summed, sumOfFile, sumsOfTable } from '../cypher/values.js';
import { type Steps, toBigInt } from '../engine/drive.js';
import { plural } from '../format.js';
import { describeValue } from '../json.js';
import { isRewrittenBadly } from '../plan/hazards.js';
import { withExpressions } from '../plan/copies.js';
import type { Plan, PlannedCopy, PlannedTable } from '../plan/plan.js';
import type { LoadRequest } from '../plan/request.js';
import type { Connection, GraphSchema, NodeTable, Problem, Property, RelTable } from '../types.js';
import {
  examineTable,
  type Findings,
  type Found,
  heldPlaces,
  hintFor,
  noFindings,
} from './findings.js';
import { engineProblem } from './problems.js';
import type { Tally } from './report.js';
import { useThreads } from './threads.js';
import { isUnpackable, unpack } from './unpack.js';

/** Keys that messages show. */
const EXAMPLES = 3;

/** What is compared after a load: a sum over the rows of a table. */
interface Check extends Summed {
  /** What messages tell of. */
  about?: Summed['place'];
  planned: PlannedTable;
  table: NodeTable | RelTable;
  /** Of the rows that the table held before. */
  before: bigint;
  /** How many they were. */
  held: number;
}

/**
 * Puts what was found into the plan: tables that can't be loaded get their errors, copies the
 * expressions that replace values.
 *
 * @param present - Rows that the tables hold already.
 * @param findings - Absent for a connection that the caller opened: there nobody can switch the
 *   compression off, nor undo what is found to be changed, so that such tables are not attempted.
 * @returns The plan, and what is to be checked when it is carried out.
 */
export function* prepareValues(
  connection: Connection,
  plan: Plan,
  request: LoadRequest,
  present: ReadonlyMap<string, number>,
  findings: Findings | undefined,
): Steps<{ plan: Plan; checks: Check[] }> {
  const tables: PlannedTable[] = [];
  const warnings = [...plan.warnings, ...(findings?.warnings ?? [])];
  const checks: Check[] = [];
  for (const planned of plan.tables) {
    if (planned.copies.length === 0) {
      tables.push(planned);
      continue;
    }
    const table = tableOf(request.schema, planned);
    const rows = present.get(table.name) ?? 0;
    let known = findings;
    if (!known) {
      known = noFindings();
      yield* examineTable(connection, planned, known, request.settings.values);
      warnings.push(...known.warnings.filter(({ code }) => code !== 'COMPRESSION_OFF'));
    }
    const held =
      rows > 0 ? (known.held.get(table.name) ?? (yield* heldPlaces(connection, table))) : [];
    const rewritten =
      rows > 0 || planned.copies.length > 1
        ? table.properties.filter(
            (property) => isRewrittenBadly(property.type) && isKnown(property, planned),
          )
        : [];
    const inFiles = known.found.get(table.name) ?? [];
    const errors = known.problems.filter((problem) => problem.table === table.name);
    if (!findings) {
      errors.push(
        ...inFiles.flatMap((list, i) =>
          list.map((one) => notHere(planned, planned.copies[i]?.file ?? planned.file, one)),
        ),
        ...held.map((one) => notBeside(planned, one)),
        ...rewritten.map((property) => notTwice(planned, property)),
      );
    } else if (rows > 0) {
      for (const one of inFiles.flat()) {
        const isWide = one.hazard === 'least' && /\b(INT128|UUID)\b/i.test(one.type);
        if (isWide && (yield* isPacked(connection, table.name)))
          errors.push(notInPacked(planned, one));
      }
    }
    if (errors.length > 0) {
      tables.push({ ...planned, errors: [...planned.errors, ...errors], copies: [] });
      continue;
    }
    if (findings && rows > 0) {
      const least = inFiles.flat().filter(({ hazard }) => hazard === 'least');
      const added = new Set(least.map(({ property }) => property));
      for (const property of table.properties) {
        if (!added.has(property.name) || !isUnpackable(table, property)) continue;
        yield* unpack(connection, table.name, property);
      }
    }
    const ready = { ...planned, copies: replacedCopies(planned, known) };
    tables.push(ready);
    const places = new Map(
      [...inFiles.flat(), ...held].map((one) => [`${one.hazard} ${one.path}`, one]),
    );
    for (const { property, type, path, hazard, value } of places.values()) {
      const about = { path, hazard, value };
      // Rows that were kept are told by their keys: one that was changed would not be missed among
      // the rows with its value alone, neither in the file nor in the table.
      const isKey = 'primaryKey' in table && property === table.primaryKey;
      const place = isKey ? {} : { place: about };
      checks.push({ planned: ready, table, property, type, about, ...place, before: 0n, held: 0 });
    }
    for (const { name, type } of rewritten) {
      checks.push({ planned: ready, table, property: name, type, before: 0n, held: 0 });
    }
  }
  for (const check of checks) {
    const rows = present.get(check.table.name) ?? 0;
    check.held = rows;
    if (rows > 0) check.before = yield* sumStored(connection, check, request.schema);
  }
  return { plan: { ...plan, tables, warnings }, checks };
}

/** The plan with the expressions that replace values, and the errors of what can't be stored. */
export function withFindings(plan: Plan, findings: Findings): Plan {
  const tables = plan.tables.map((planned) => {
    const problems = findings.problems.filter(({ table }) => table === planned.table);
    if (problems.length > 0) {
      return { ...planned, errors: [...planned.errors, ...problems], copies: [] };
    }
    return { ...planned, copies: replacedCopies(planned, findings) };
  });
  return { ...plan, tables, warnings: [...plan.warnings, ...findings.warnings] };
}

function replacedCopies({ table, copies }: PlannedTable, { replaced }: Findings): PlannedCopy[] {
  return copies.map((copy, i) => {
    const expressions = replaced.get(table)?.[i];
    return expressions ? withExpressions(table, copy, expressions) : copy;
  });
}

function tableOf({ nodes, edges }: GraphSchema, { table }: PlannedTable): NodeTable | RelTable {
  const found = [...nodes, ...edges].find(({ name }) => name === table);
  if (!found) throw new Error(`the schema lacks ${table}`);
  return found;
}

/** Compares the tables with what was loaded into them; every table that differs is an error. */
export function* checkValues(
  connection: Connection,
  schema: GraphSchema,
  checks: readonly Check[],
  tally: Tally,
): Steps<Problem[]> {
  const failed = new Set(tally.errors.map(({ table }) => table));
  const problems: Problem[] = [];
  for (const check of checks) {
    const { planned, table, property, about, before } = check;
    if (failed.has(table.name)) continue;
    let sum = before;
    for (const copy of planned.copies) sum += yield* sumLoaded(connection, copy, check, tally);
    let stored: bigint | undefined;
    try {
      stored = yield* sumStored(connection, check, schema);
    } catch (error) {
      problems.push(engineProblem(table.name, planned, error));
      continue;
    }
    if (stored === sum) continue;
    const keys = about ? yield* exampleKeys(connection, planned, { ...check, place: about }) : [];
    const where = keys.length > 0 ? ` (${keys.join(', ')}, …)` : '';
    problems.push({
      code: 'VALUE_CHANGED',
      table: table.name,
      file: planned.file,
      message: about
        ? `${table.name} failed: the engine stores ${about.value} in ${about.path}${where} as another value, or others as ${about.value}`
        : `${table.name} failed: the engine changed values of ${property} when rows were added to the table`,
      hint: hintFor(about?.hazard),
    });
  }
  return problems;
}

/** Whether the files say what a property's values are; an expression of the schema's may not. */
function isKnown({ name, default: value }: Property, { copies }: PlannedTable): boolean {
  return (
    value === undefined ||
    copies.every(({ mappings }) => mappings.some(({ property }) => property === name))
  );
}

function notHere({ table }: PlannedTable, file: string, one: Found): Problem {
  return {
    code: 'VALUE_CHANGED',
    table,
    file,
    message: `${table} failed: ${file} has ${one.value} in ${one.path} (${plural(one.values, 'value')}), which the engine may store as another value`,
    hint:
      one.hazard === 'least'
        ? 'load into a path: there compression, which changes it, can be switched off'
        : `load into a path: there it can be checked; or ${hintFor(one.hazard)}`,
  };
}

function notBeside({ table, file }: PlannedTable, one: Found): Problem {
  return {
    code: 'VALUE_CHANGED',
    table,
    file,
    message: `${table} failed: the table holds ${one.value} in ${one.path} (${plural(one.values, 'value')}), which the engine may change when rows are added`,
    hint: 'load into a path: there it can be checked, and undone',
  };
}

function notTwice({ table, file }: PlannedTable, { name, type }: Property): Problem {
  return {
    code: 'VALUE_CHANGED',
    table,
    file,
    message: `${table} failed: ${name} is ${type}, of which the engine may change values when rows are added to those that are there`,
    hint: 'load into a path: there it can be checked, and undone',
  };
}

function notInPacked({ table, file }: PlannedTable, one: Found): Problem {
  return {
    code: 'VALUE_CHANGED',
    table,
    file,
    message: `${table} failed: ${file} has ${one.value} in ${one.path} (${plural(one.values, 'value')}), which the engine can't add to a column that is compressed`,
    hint: hintFor('least'),
  };
}

/** Whether a table's columns of 128 bits are packed: the engine fails on the least of them, and says COMMIT failed. */
function* isPacked(connection: Connection, table: string): Steps<boolean> {
  const rows = yield { connection, cypher: showStorage(table) };
  return rows.some(
    (row) =>
      /INT128|UUID/.test(String(row['data_type'])) &&
      String(row['compression']).startsWith('INTEGER_BITPACKING'),
  );
}

/** The sum of a check over the rows of a file, those that were left out as bad not counted. */
function* sumLoaded(
  connection: Connection,
  copy: PlannedCopy,
  check: Check,
  tally: Tally,
): Steps<bigint> {
  const kept = keptRows(copy, check, tally);
  const cypher = sumOfFile(copy, check, kept);
  if (cypher === undefined) return 0n;
  if (kept?.isFirst !== true) return yield* sum(connection, cypher);
  const threads = yield* useThreads(connection, 1);
  try {
    return yield* sum(connection, cypher);
  } finally {
    yield* useThreads(connection, threads);
  }
}

/** Which rows of a file its table has; nothing where it has them all. */
function keptRows(
  copy: PlannedCopy,
  { planned, held }: Check,
  { skipped, badRows, offsets }: Tally,
): Kept | undefined {
  if ((skipped.get(planned.table) ?? 0) === 0) return undefined;
  const next = planned.copies[planned.copies.indexOf(copy) + 1];
  const to = next && offsets.get(next);
  return {
    from: offsets.get(copy) ?? held,
    ...(to !== undefined && { to }),
    isFirst: badRows.some(
      ({ table, reason }) => table === planned.table && reason === 'duplicate_key',
    ),
  };
}

function* sumStored(connection: Connection, check: Check, schema: GraphSchema): Steps<bigint> {
  const hasKeys = check.planned.copies.every(({ keys }) => keys.length > 0);
  let total = 0n;
  for (const cypher of sumsOfTable(check.table, schema, check, hasKeys)) {
    total += yield* sum(connection, cypher);
  }
  return total;
}

function* sum(connection: Connection, cypher: string): Steps<bigint> {
  const [row] = yield { connection, cypher };
  return toBigInt(row?.['s']);
}

/** Keys of rows in the files with the value of a check. */
function* exampleKeys(
  connection: Connection,
  { copies }: PlannedTable,
  check: Check,
): Steps<string[]> {
  const examples: string[] = [];
  for (const copy of copies) {
    const cypher = keysWithValue(copy, check, EXAMPLES);
    const rows = cypher === undefined ? [] : yield { connection, cypher };
    examples.push(...rows.map((row) => Object.values(row).map(describeValue).join(' → ')));
  }
  return examples.slice(0, EXAMPLES);
}
