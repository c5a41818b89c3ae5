/**
 * Stands between the engines and the values that they change (see hazards.ts): puts what was found of
 * them into the plan, and compares what is stored with the files afterwards.
 */
import { hashOf, identifier, literal } from '../cypher/statements.js';
import { type Steps, toBigInt } from '../engine/drive.js';
import { plural } from '../format.js';
import { describeValue } from '../json.js';
import { primaryKeyOf } from '../model/tables.js';
import { isRewrittenBadly, type Place, placesOf } from '../plan/hazards.js';
import { type Plan, type PlannedCopy, type PlannedTable, withExpressions } from '../plan/plan.js';
import type { LoadRequest } from '../plan/request.js';
import type { Connection, GraphSchema, NodeTable, Problem, Property, RelTable } from '../types.js';
import {
  examineTable,
  type Findings,
  type Found,
  heldPlaces,
  hintFor,
  noFindings,
  sideScans,
} from './findings.js';
import { engineProblem } from './problems.js';
import type { Tally } from './report.js';

/** Keys that messages show. */
const EXAMPLES = 3;

/** What is compared after a load: a sum over the rows of a table. */
interface Check {
  planned: PlannedTable;
  table: NodeTable | RelTable;
  property: string;
  type: string;
  /** Of all values of the property, if absent. */
  place?: Pick<Place, 'path' | 'hazard' | 'value'>;
  /** Of the rows that the table held before. */
  before: bigint;
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
    const replaced = known.replaced.get(table.name);
    const copies = planned.copies.map((copy, i) => {
      const expressions = replaced?.[i];
      return expressions ? withExpressions(table.name, copy, expressions) : copy;
    });
    const ready = { ...planned, copies };
    tables.push(ready);
    const places = new Map(
      [...inFiles.flat(), ...held].map((one) => [`${one.hazard} ${one.path}`, one]),
    );
    for (const { property, type, path, hazard, value } of places.values()) {
      const place = { path, hazard, value };
      checks.push({ planned: ready, table, property, type, place, before: 0n });
    }
    for (const { name, type } of rewritten) {
      checks.push({ planned: ready, table, property: name, type, before: 0n });
    }
  }
  for (const check of checks) {
    const rows = present.get(check.table.name) ?? 0;
    if (rows > 0) check.before = yield* sumStored(connection, check, request.schema);
  }
  return { plan: { ...plan, tables, warnings }, checks };
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
  { skipped, errors }: Tally,
): Steps<Problem[]> {
  const failed = new Set(errors.map(({ table }) => table));
  const problems: Problem[] = [];
  for (const check of checks) {
    const { planned, table, property, place, before } = check;
    if (failed.has(table.name)) continue;
    const isPartial = (skipped.get(table.name) ?? 0) > 0;
    let sum = before;
    for (const copy of planned.copies) sum += yield* sumLoaded(connection, copy, check, isPartial);
    let stored: bigint | undefined;
    try {
      stored = yield* sumStored(connection, check, schema);
    } catch (error) {
      problems.push(engineProblem(table.name, planned, error));
      continue;
    }
    if (stored === sum) continue;
    const keys = place ? yield* exampleKeys(connection, planned, check) : [];
    const where = keys.length > 0 ? ` (${keys.join(', ')}, …)` : '';
    problems.push({
      code: 'VALUE_CHANGED',
      table: table.name,
      file: planned.file,
      message: place
        ? `${table.name} failed: the engine stores ${place.value} in ${place.path}${where} as another value, or others as ${place.value}`
        : `${table.name} failed: the engine changed values of ${property} when rows were added to the table`,
      hint: hintFor(place?.hazard),
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
  const rows = yield {
    connection,
    cypher: `CALL storage_info(${literal(table)}) RETURN data_type, compression`,
  };
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
  isPartial: boolean,
): Steps<bigint> {
  const mapping = copy.mappings.find(({ property }) => property === check.property);
  if (!mapping)
    return check.place ? 0n : yield* sumOf(connection, copy.source, copy, 'NULL', check);
  if (!isPartial) return yield* sumOf(connection, copy.source, copy, mapping.expression, check);
  const keys = copy.keys.map(
    ({ expression, type }, i) => `CAST(${expression} AS ${type}) AS k${i}`,
  );
  const nodes = copy.keys.map(
    ({ table, property }, i) => `(n${i}:${identifier(table)} {${identifier(property)}: k${i}})`,
  );
  const source = `${copy.source} WITH ${[...keys, `${mapping.expression} AS v`].join(', ')} MATCH ${nodes.join(', ')} WITH *`;
  const known = copy.keys.map((key, i) => ({ ...key, expression: `k${i}` }));
  return yield* sumOf(connection, source, { keys: known }, 'v', check);
}

function* sumOf(
  connection: Connection,
  source: string,
  { keys }: Pick<PlannedCopy, 'keys'>,
  expression: string,
  check: Check,
): Steps<bigint> {
  const list = keys.map(({ expression: key, type }) => `CAST(${key} AS ${type})`);
  return yield* sum(connection, source, list, expression, check);
}

function* sumStored(connection: Connection, check: Check, schema: GraphSchema): Steps<bigint> {
  const { table, property, planned } = check;
  let total = 0n;
  for (const { match, variable, pair } of sideScans(table)) {
    const key = (name: string, node: string): string =>
      `${name}.${identifier(primaryKeyOf(schema, node).name)}`;
    let keys: string[] = [];
    if (pair) keys = [key('a', pair.from), key('b', pair.to)];
    else if (planned.copies.every((copy) => copy.keys.length > 0)) keys = [key('n', table.name)];
    total += yield* sum(connection, match, keys, `${variable}.${identifier(property)}`, check);
  }
  return total;
}

/** Of the rows' keys, as often as the row has the value, or of the keys with the value. */
function* sum(
  connection: Connection,
  source: string,
  keys: readonly string[],
  value: string,
  { property, type, place }: Check,
): Steps<bigint> {
  const columns = keys.map((key, i) => `${key} AS h${i}`);
  const names = keys.map((_, i) => `h${i}`);
  const wanted =
    place &&
    placesOf(property, type, value).find(
      ({ path, hazard }) => path === place.path && hazard === place.hazard,
    );
  const all = names.length > 0 ? names : ['0'];
  const cypher = wanted
    ? `${source}${wanted.rows(columns, names)} RETURN sum(CAST(${hashOf(all)} AS INT128)) AS s`
    : `${source} WITH ${[...columns, `CAST(${value} AS ${type}) AS c`].join(', ')} RETURN sum(CAST(${hashOf([...all, fingerprint('c', type)])} AS INT128)) AS s`;
  const [row = {}] = yield { connection, cypher };
  return toBigInt(row['s']);
}

/** Lists of structs hash what their NULLs happen to hold; their text is told apart well enough here. */
function fingerprint(value: string, type: string): string {
  return /[[(]/.test(type) ? `CAST(${value} AS STRING)` : value;
}

/** Keys of rows in the files with the value of a check. */
function* exampleKeys(
  connection: Connection,
  { copies }: PlannedTable,
  { property, type, place }: Check,
): Steps<string[]> {
  const examples: string[] = [];
  for (const { source, keys, mappings } of copies) {
    const expression = mappings.find((mapping) => mapping.property === property)?.expression;
    const wanted = placesOf(property, type, expression ?? 'NULL').find(
      ({ path, hazard }) => path === place?.path && hazard === place.hazard,
    );
    if (!wanted || keys.length === 0) continue;
    const names = keys.map((_, i) => `h${i}`);
    const columns = keys.map(
      (key, i) => `CAST(CAST(${key.expression} AS ${key.type}) AS STRING) AS h${i}`,
    );
    const rows = yield {
      connection,
      cypher: `${source}${wanted.rows(columns, names)} RETURN DISTINCT ${names.join(', ')} LIMIT ${EXAMPLES}`,
    };
    examples.push(...rows.map((row) => Object.values(row).map(describeValue).join(' → ')));
  }
  return examples.slice(0, EXAMPLES);
}
