/**
 * Values that the engines would change (see hazards.ts), looked for before anything is written: in the
 * files, and in the tables that are added to. A column that the footers clear costs nothing.
 */
import { type Hazard, type Place, placesOf, replacing, roundedPlaces } from '../cypher/hazards.js';
import { countSource, countWhere, tableScans } from '../cypher/rows.js';
import { identifier } from '../cypher/text.js';
import { listTables } from '../database/catalog.js';
import { changeDatabaseInMemory } from '../database/open.js';
import type { Dataset } from '../dataset/dataset.js';
import type { Row, Steps } from '../engine/drive.js';
import { formatCount, plural } from '../format.js';
import { describeValue } from '../json.js';
import { withLists } from '../model/shape.js';
import { type Doubt, mayBeChanged } from '../plan/hazards.js';
import { planLoad } from '../plan/copies.js';
import type { PlannedCopy, PlannedTable } from '../plan/plan.js';
import type { LoadRequest, Settings } from '../plan/request.js';
import type {
  Connection,
  EngineName,
  GraphSchema,
  NodeTable,
  Problem,
  RelTable,
} from '../types.js';
import { engineProblem } from './problems.js';
import { explainConversion } from './unconverted.js';

/** Values in a file, or in a table, that may be changed. */
export interface Found extends Place, Doubt {
  /** How many. */
  values: number;
}

/** What the files of a dataset hold of such values. */
export interface Findings {
  /** Table → one list for each of its copies; of values that are to be stored as they are. */
  found: Map<string, Found[][]>;
  /** Table → for each of its copies: property → the expression that replaces some of its values. */
  replaced: Map<string, Map<string, string>[]>;
  /** Why tables can't be loaded. */
  problems: Problem[];
  warnings: Problem[];
  /** Whether the database that they are loaded into may be compressed. */
  compression: boolean;
  /** What the tables hold already, where somebody has looked. */
  held: Map<string, Found[]>;
}

export function noFindings(): Findings {
  return {
    found: new Map(),
    replaced: new Map(),
    problems: [],
    warnings: [],
    compression: true,
    held: new Map(),
  };
}

function withoutCompression(findings: Findings, table: string, why: string): void {
  if (!findings.compression) return;
  findings.compression = false;
  findings.warnings.push(compressionOff(table, `${table}.${why}`));
}

function compressionOff(table: string, why: string): Problem {
  return {
    code: 'COMPRESSION_OFF',
    table,
    message: `the database is written without compression, since the engine would change values: ${why}`,
    hint: 'its file is larger for that; nothing is lost',
  };
}

function notReplaced(table: string, { file }: PlannedCopy, { path, value }: Found): Problem {
  return {
    code: 'VALUE_CHANGED',
    table,
    file,
    message: `${table} failed: ${file} has ${value} in ${path}, where nothing can take its place`,
    hint: 'mend the file',
  };
}

function wasReplaced(table: string, { file }: PlannedCopy, one: Found): Problem {
  const by = one.hazard === 'nan' ? 'NULL' : '0';
  return {
    code: 'VALUE_REPLACED',
    table,
    file,
    message: `${plural(one.values, 'value')} ${one.value} in ${table}.${one.path} of ${file} became ${by}`,
  };
}

/** The places of values in a scan's rows that hold such, and how many of them. */
function* countPlaces(
  connection: Connection,
  source: string,
  doubts: readonly Doubt[],
): Steps<Found[]> {
  const places = doubts.flatMap((doubt) =>
    placesOf(doubt.property, doubt.type, doubt.expression, doubt.isTyped).map((place) => ({
      ...doubt,
      ...place,
    })),
  );
  const whole = places.flatMap(({ condition }) => (condition === undefined ? [] : [condition]));
  const [row = {}] =
    whole.length > 0 ? yield { connection, cypher: countWhere(source, whole) } : [];
  const counts = Object.values(row).values();
  const found: Found[] = [];
  for (const place of places) {
    let values: unknown;
    if (place.condition !== undefined) values = counts.next().value;
    else {
      const [inLists] = yield {
        connection,
        cypher: countSource(source + place.rows([], [])),
      };
      values = inLists?.['n'];
    }
    if (Number(values ?? 0) > 0) found.push({ ...place, values: Number(values) });
  }
  return found;
}

/** Whether values of a copy are to be looked at before it is loaded. */
function isDoubtful({ doubts, rounded }: PlannedCopy): boolean {
  return doubts.length > 0 || rounded.length > 0;
}

/** Counts the values that are rounded, and refuses those that would become infinite. */
function* examineRounding(
  connection: Connection,
  table: string,
  copy: PlannedCopy,
  findings: Findings,
): Steps<void> {
  for (const doubt of copy.rounded) {
    for (const { path, measure, beyond } of roundedPlaces(copy.source, doubt)) {
      const [row = {}] = yield { connection, cypher: measure };
      const [rounded, infinite] = [Number(row['n'] ?? 0), Number(row['infinite'] ?? 0)];
      if (infinite > 0) {
        const rows: Row[] =
          copy.keys.length > 0 ? yield { connection, cypher: beyond(copy.keys) } : [];
        const keys = rows.map((each) => Object.values(each).map(describeValue).join(' → '));
        findings.problems.push(tooGreat(table, copy, path, infinite, keys));
      } else if (rounded > 0) {
        const error = Number(row['error'] ?? 0);
        findings.warnings.push({
          code: 'VALUE_ROUNDED',
          table,
          file: copy.file,
          message: `${plural(rounded, 'value')} of ${formatCount(Number(row['total'] ?? 0))} in ${table}.${path} of ${copy.file} rounded to FLOAT, with a relative error of up to ${error.toPrecision(3)}`,
        });
      }
    }
  }
}

function tooGreat(
  table: string,
  { file }: PlannedCopy,
  path: string,
  values: number,
  keys: readonly string[],
): Problem {
  const where = keys.length > 0 ? ` (${keys.join(', ')}${values > keys.length ? ', …' : ''})` : '';
  return {
    code: 'COLUMN_TYPE',
    table,
    file,
    message: `${table} failed: ${file} has ${plural(values, 'value')} in ${path} beyond the range of FLOAT${where}, which would become infinite`,
    hint: 'give the property a type of DOUBLE, or mend the file',
  };
}

/** Adds what the files of one table hold. */
export function* examineTable(
  connection: Connection,
  { table, copies }: PlannedTable,
  findings: Findings,
  wanted: Settings['values'],
): Steps<void> {
  const found: Found[][] = [];
  const replaced: Map<string, string>[] = [];
  const hazards = new Set<Hazard>([
    ...(wanted.nanAsNull ? (['nan'] as const) : []),
    ...(wanted.negativeZeroAsZero ? (['negative_zero'] as const) : []),
  ]);
  for (const copy of copies) {
    try {
      yield* examineRounding(connection, table, copy, findings);
      const all = yield* countPlaces(connection, copy.source, copy.doubts);
      const doubts = copy.doubts.filter(({ property }) =>
        all.some((one) => one.property === property && hazards.has(one.hazard)),
      );
      const others = doubts.map((doubt) => ({
        ...doubt,
        expression: replacing(doubt.expression, doubt.type, hazards),
      }));
      const left = others.length === 0 ? [] : yield* countPlaces(connection, copy.source, others);
      replaced.push(new Map(others.map(({ property, expression }) => [property, expression])));
      for (const one of all) {
        if (!hazards.has(one.hazard)) continue;
        const isLeft = left.some(({ path, hazard }) => path === one.path && hazard === one.hazard);
        if (isLeft) findings.problems.push(notReplaced(table, copy, one));
        else findings.warnings.push(wasReplaced(table, copy, one));
      }
      found.push(all.filter(({ hazard }) => !hazards.has(hazard)));
    } catch (error) {
      const unconverted = yield* explainConversion(connection, table, copy, error);
      findings.problems.push(unconverted ?? engineProblem(table, copy, error));
    }
  }
  if (found.some((list) => list.length > 0)) findings.found.set(table, found);
  if (replaced.some((map) => map.size > 0)) findings.replaced.set(table, replaced);
  // Compressed, NaN is stored where it is stored without, and -0 is not.
  const plain = found.flat().find(({ hazard }) => hazard !== 'nan');
  if (plain) withoutCompression(findings, table, `${plain.path} holds ${plain.value}`);
}

/** Looks into the files of a dataset, with an engine in memory if the footers leave any doubt. */
export function* examineDataset(
  engine: EngineName,
  dataset: Dataset,
  { schema, settings, hooks }: LoadRequest,
): Steps<Findings> {
  const plan = planLoad(schema, dataset, new Map());
  const excluded = new Set(settings.exclude.map(({ table }) => table));
  const doubtful = plan.tables.filter(
    ({ table, copies }) => !excluded.has(table) && copies.some(isDoubtful),
  );
  const findings = noFindings();
  if (doubtful.length > 0) {
    yield* changeDatabaseInMemory(engine, function* (connection) {
      for (const planned of doubtful) {
        const { table, file } = planned;
        hooks.onEvent({ type: 'examining', table, file });
        yield* examineTable(connection, planned, findings, settings.values);
        hooks.onEvent({ type: 'examined', table });
      }
    });
  }
  for (const table of [...schema.nodes, ...schema.edges]) {
    const copies = plan.tables.find((planned) => planned.table === table.name)?.copies ?? [];
    const names = table.properties.filter(
      ({ type }) => copies.length > 1 && /\bUINT8\b/i.test(type),
    );
    for (const { name } of names) withoutCompression(findings, table.name, `${name} is a UINT8`);
  }
  return findings;
}

/** What of such values a table holds. */
export function* heldPlaces(connection: Connection, table: NodeTable | RelTable): Steps<Found[]> {
  const found: Found[] = [];
  const properties = table.properties.filter(({ type }) => mayBeChanged(type));
  const scans = tableScans(table);
  for (const { name, type } of properties) {
    for (const { match, variable } of scans) {
      const value = `${variable}.${identifier(name)}`;
      const isTyped = withLists(type) === type;
      const doubt = { property: name, type, expression: value, isTyped };
      // The zone maps answer for whole numbers: 1 ms for a million rows.
      const [place] = placesOf(name, type, value);
      if (place?.where !== undefined) {
        const [row = {}] = yield { connection, cypher: countSource(match, place.where) };
        const values = Number(row['n'] ?? 0);
        if (values > 0) found.push({ ...doubt, ...place, values });
      } else found.push(...(yield* countPlaces(connection, match, [doubt])));
    }
  }
  return found;
}

/**
 * Whether an existing database has to be opened without compression: it holds values that would be
 * lost when its last chunks are written again. Says so in the findings' warnings.
 */
export function* needsPlain(
  connection: Connection,
  schema: GraphSchema,
  dataset: Dataset,
  findings: Findings,
): Steps<boolean> {
  if (!findings.compression) return false; // It is opened so already.
  const existing = new Set((yield* listTables(connection)).map(({ name }) => name));
  for (const table of [...schema.nodes, ...schema.edges]) {
    if (!existing.has(table.name) || !dataset.tables.has(table.name)) continue;
    const held = yield* heldPlaces(connection, table);
    findings.held.set(table.name, held);
    const plain = held.find(({ hazard }) => hazard !== 'nan');
    if (plain) withoutCompression(findings, table.name, `${plain.path} holds ${plain.value}`);
  }
  return !findings.compression;
}

/** What a dry run can say of such values, since it stores none. */
export function* examinePlanned(
  connection: Connection,
  planned: PlannedTable,
  { settings, hooks }: LoadRequest,
): Steps<{ problems: Problem[]; warnings: Problem[] }> {
  const { table, file, copies } = planned;
  if (!copies.some(isDoubtful)) return { problems: [], warnings: [] };
  const findings = noFindings();
  hooks.onEvent({ type: 'examining', table, file });
  yield* examineTable(connection, planned, findings, settings.values);
  hooks.onEvent({ type: 'examined', table });
  const found = findings.found.get(table)?.flat() ?? [];
  const doubtful = found.filter(({ hazard }) => hazard !== 'least');
  const warnings = [...findings.warnings, ...doubtful.map((one) => doubtfulValue(planned, one))];
  return { problems: findings.problems, warnings };
}

function doubtfulValue({ table, file }: PlannedTable, one: Found): Problem {
  return {
    code: 'VALUE_DOUBTFUL',
    table,
    file,
    message: `${table}.${one.path} is to hold ${one.value} (${plural(one.values, 'value')}), which the engine stores as another value in some places; the load looks whether it does`,
    hint: hintFor(one.hazard),
  };
}

export function hintFor(hazard: Hazard | undefined): string {
  switch (hazard) {
    case 'nan':
      return 'load NULL in its place with --nan-as-null (nanAsNull in the library), or mend the file';
    case 'negative_zero':
      return 'load 0 in its place with --negative-zero-as-zero (negativeZeroAsZero in the library), or mend the file';
    default:
      return 'load all data anew with --fresh, or give the property a wider type';
  }
}
