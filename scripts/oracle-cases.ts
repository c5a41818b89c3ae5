/** Cases of scripts/oracle.ts about values: a dataset is loaded, and what came of each value is asked. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineName } from '../src/types.js';
import type { CommandJson, ProblemJson } from '../test/helpers.js';
import { kgload, load, reasonOf } from './fuzz-checks.js';
import { mulberry32, pick, type Random } from './mutate.js';
import {
  describe,
  isEndpoint,
  isLossy,
  makePlan,
  narrowed,
  toCypher,
  writeDataset,
  WriterFailed,
  type Column,
  type Plan,
  type Table,
} from './oracle-dataset.js';
import type { Answer } from './oracle-ask.js';
import { ask, readerOf } from './oracle-read.js';
import { converted, EXCEPTIONS, LOST, ruleAgainst } from './oracle-rules.js';
import {
  cypherType,
  parseType,
  plainText,
  quoted,
  textOf,
  type Type,
  type Value,
} from './oracle-types.js';
import { chance } from './oracle-values.js';
import type { WriterName } from './oracle-writers.js';

/** How a table came out. */
export type Outcome = 'right' | 'refused' | 'exception' | 'not tried' | 'WRONG';

export interface Finding {
  kind: 'changed' | 'refused' | 'words' | 'verify' | 'broken' | 'bad rows';
  table: string;
  text: string;
}

export interface Checked {
  findings: Finding[];
  outcomes: Record<Outcome, number>;
  /** Values that were compared. */
  values: number;
  /** Why exceptions were made. */
  exceptions: string[];
}

export interface Settings {
  engine: EngineName;
  writers: readonly WriterName[];
  /** How deep types are nested at most. */
  depth: number;
}

type Mode = 'schema' | 'infer';

/** Makes, loads and checks one dataset, and says of what is wrong the least that shows it. */
export async function valueCase(
  seed: number,
  directory: string,
  settings: Settings,
): Promise<Checked> {
  const random = mulberry32(seed);
  const plan = makePlan({ ...settings, random });
  const modes: Mode[] = chance(random, 0.5) ? ['schema'] : ['schema', 'infer'];
  const withVerify = chance(random, 0.6);
  const result = empty();
  const dataset = join(directory, 'dataset');
  await writeDataset(plan, dataset);
  for (const mode of modes) {
    const how = { mode, withVerify, random };
    const checked = await check(plan, directory, 'dataset', settings.engine, how);
    const findings: Finding[] = [];
    for (const finding of checked.findings) {
      const text = await least(plan, finding, directory, settings.engine, mode);
      findings.push({ ...finding, text: `${mode}: ${text}` });
    }
    add(result, { ...checked, findings });
  }
  return result;
}

function empty(): Checked {
  const outcomes = { right: 0, refused: 0, exception: 0, 'not tried': 0, WRONG: 0 };
  return { findings: [], outcomes, values: 0, exceptions: [] };
}

export function add(sum: Checked, more: Checked): void {
  sum.findings.push(...more.findings);
  sum.exceptions.push(...more.exceptions);
  sum.values += more.values;
  for (const outcome of Object.keys(sum.outcomes) as Outcome[]) {
    sum.outcomes[outcome] += more.outcomes[outcome];
  }
}

/** Tries the columns of a table that went wrong one by one: those that do alone are named. */
async function least(
  plan: Plan,
  finding: Finding,
  directory: string,
  engine: EngineName,
  mode: Mode,
): Promise<string> {
  const tables = plan.tables.filter(({ name }) => [name, ''].includes(finding.table));
  const alone: string[] = [];
  for (const table of tables) {
    const fixed = table.ends ? [0, 1, 2] : [0];
    const others = table.columns.map((_, i) => i).filter((i) => !fixed.includes(i));
    for (const columns of [fixed, ...others.map((i) => [...fixed, i])]) {
      const same = await again(only(table, columns), finding, directory, engine, mode);
      if (same !== undefined) alone.push(`${same} IN ${describe(narrowed(table, columns))}`);
      if (alone.length > 0 && columns === fixed) break;
    }
  }
  if (alone.length > 0) return alone.join(' AND ');
  return `${finding.text} IN ${tables.map(describe).join(' AND ')}`;
}

/** What is wrong in the same way with a smaller dataset. */
async function again(
  plan: Plan,
  { kind }: Finding,
  directory: string,
  engine: EngineName,
  mode: Mode,
): Promise<string | undefined> {
  for (const name of ['least', 'least-elsewhere']) {
    rmSync(join(directory, name), { recursive: true, force: true });
  }
  try {
    await writeDataset(plan, join(directory, 'least'));
  } catch (error) {
    // It may refuse what it took beside other columns.
    if (error instanceof WriterFailed) return undefined;
    throw error;
  }
  const how = { mode, withVerify: kind === 'verify', random: mulberry32(1) };
  const { findings } = await check(plan, directory, 'least', engine, how);
  return findings.find((finding) => finding.kind === kind)?.text;
}

/** A dataset of one table, with the node tables that it needs. */
function only(table: Table, columns: readonly number[]): Plan {
  if (!table.ends) return { tables: [narrowed(table, columns)] };
  const [from, to] = table.ends.map((end) => narrowed(end, [0])) as [Table, Table];
  const isSame = table.ends[0] === table.ends[1];
  const ends: [Table, Table] = isSame ? [from, from] : [from, to];
  return { tables: [...new Set(ends), narrowed(table, columns, ends)] };
}

async function check(
  plan: Plan,
  directory: string,
  name: string,
  engine: EngineName,
  how: { mode: Mode; withVerify: boolean; random: Random },
): Promise<Checked> {
  const result = empty();
  const { findings, outcomes } = result;
  const dataset = join(directory, name);
  const schema = join(directory, `${name}.cypher`);
  const db = join(directory, 'db', `${name}-${how.mode}.db`);
  rmSync(db, { force: true });
  writeFileSync(schema, toCypher(plan));
  const schemaOption = ['--schema', how.mode === 'infer' ? 'infer' : schema];
  const wrong: string[] = [];
  const { run, json } = await load(dataset, db, ['--engine', engine, ...schemaOption], wrong);
  if (wrong.length > 0) {
    findings.push({ kind: 'broken', table: '', text: wrong.join('; ').slice(0, 600) });
    outcomes.WRONG += plan.tables.length;
    return result;
  }
  if (!json) return result;
  const failed = new Set<Table>();
  const good: Table[] = [];
  const names = new Map(plan.tables.map((table) => [table, nameIn(json, table)]));
  const general = json.errors.filter(({ table }) => table === undefined);
  if (general.length > 0 && !json.published) {
    const outcome = judgeRefusal('', plan.tables, general, how.mode, result);
    outcomes[outcome] += plan.tables.length;
    return result;
  }
  for (const table of plan.tables) {
    const own = json.errors.filter((e) => e.table === names.get(table));
    if (table.ends?.some((end) => failed.has(end)) === true) {
      failed.add(table);
      outcomes['not tried'] += 1;
    } else if (own.length > 0 || !json.published) {
      failed.add(table);
      const found = judgeRefusal(table.name, [table], own, how.mode, result);
      outcomes[found] += 1;
    } else {
      good.push(table);
    }
  }
  for (const table of good) {
    const texts = compare(engine, db, table, names, how.mode, json, result);
    findings.push(...texts.map((text): Finding => ({ kind: 'changed', table: table.name, text })));
    outcomes[texts.length > 0 ? 'WRONG' : 'right'] += 1;
  }
  if (run.code === 0 && how.withVerify && findings.length === 0) {
    findings.push(...(await verify(plan, dataset, db, engine, schemaOption, names, how)));
  }
  rmSync(db, { force: true });
  return result;
}

/** The name of a table in the report: `infer` makes names of its own. */
function nameIn(json: CommandJson, table: Table): string {
  const names = Object.keys({ ...json.node_times, ...json.edge_times });
  return names.find((name) => name.toLowerCase() === table.name.toLowerCase()) ?? table.name;
}

/** Whether errors are in order: clear words, about what cannot be loaded. */
function judgeRefusal(
  name: string,
  tables: readonly Table[],
  errors: readonly ProblemJson[],
  mode: Mode,
  result: Checked,
): Outcome {
  const bad = errors.find(
    ({ code, message }) =>
      code === 'ENGINE' ||
      code === 'UNEXPECTED' ||
      /exception: |Unsupported casting|KU_UNREACHABLE|Cannot read propert|is not a function/i.test(
        message,
      ),
  );
  const text = errors.map(({ code, message }) => `${code}: ${message}`).join(' | ');
  if (bad) {
    result.findings.push({ kind: 'words', table: name, text: text.slice(0, 400) });
    return 'WRONG';
  }
  const columns = tables.flatMap((table) =>
    table.columns.map((column, i) => ({
      ...column,
      isLossy: isLossy(table, i),
      values: table.rows.map((row) => row[i] ?? null),
    })),
  );
  const isInOrder = columns.some(
    (column) =>
      column.isLossy ||
      (mode === 'schema' && ruleAgainst(column.source, column.target) !== undefined),
  );
  if (isInOrder) return 'refused';
  const exception = EXCEPTIONS.find(({ applies }) =>
    columns.some(({ source, target, values }) =>
      errors.some((refusal) => applies(source, target, values, refusal)),
    ),
  );
  if (exception) {
    result.exceptions.push(exception.why);
    return 'exception';
  }
  result.findings.push({ kind: 'refused', table: name, text: text.slice(0, 400) });
  return 'WRONG';
}

/** Every value of a table that loaded, against what was generated. */
function compare(
  engine: EngineName,
  db: string,
  table: Table,
  names: ReadonlyMap<Table, string>,
  mode: Mode,
  json: CommandJson,
  result: Checked,
): string[] {
  const name = names.get(table) ?? table.name;
  const wrong: string[] = [];
  const reported = { ...json.node_times, ...json.edge_times }[name]?.rows;
  if (reported !== table.rows.length) {
    wrong.push(`reports ${String(reported)} rows of ${table.rows.length}`);
  }
  if (mode === 'infer' && reported === undefined) return table.rows.length > 0 ? wrong : [];
  const targets = mode === 'infer' ? inferredTargets(engine, db, table, names) : targetsOf(table);
  const id = targets[0];
  if (!id) return [...wrong, `${table.columns[0]?.name ?? ''} is no property`];
  const match = matchOf(table, names);
  const idReader = readerOf(id, expressionOf(table, 0));
  const asked = table.columns.flatMap((column, i) => {
    const target = targets[i];
    if (!target) {
      const isNull = table.rows.every((row) => (row[i] ?? null) === null);
      if (!isNull) wrong.push(`${column.name} is no property, though it has values`);
      return [];
    }
    const x = expressionOf(table, i);
    const reader = readerOf(target, x);
    // Ladybug 0.19.1 mixes up what two lambdas of one statement return.
    const statements = reader.expressions.map((expression) => {
      const columns = [expressionOf(table, 0), ...idReader.expressions, x, expression];
      const returned = columns.map((text, at) => `${text} AS c${at}`).join(', ');
      return `MATCH ${match} RETURN ${returned}`;
    });
    return [{ column, target, i, reader, statements }];
  });
  const answers = ask(
    engine,
    db,
    asked.flatMap(({ statements }) => statements),
  );
  for (const { column, target, i, reader, statements } of asked) {
    const answer = sideBySide(answers.splice(0, statements.length), idReader.expressions.length);
    if ('error' in answer) {
      wrong.push(`${column.name} cannot be read: ${answer.error}`);
      continue;
    }
    const size = idReader.expressions.length;
    const found = new Map<string, string>();
    let unread: string | undefined;
    for (const cells of answer.rows) {
      try {
        const key = textOf(id, idReader.read(cells.slice(1, 1 + size), cells[0]));
        found.set(key, textOf(target, reader.read(cells.slice(2 + size), cells[1 + size])));
      } catch (error) {
        unread = error instanceof Error ? error.message : String(error);
      }
    }
    if (unread !== undefined && !['list', 'array', 'struct', 'map'].includes(column.target.is)) {
      wrong.push(`${column.name} is not understood: ${unread}`);
    }
    if (answer.rows.length !== table.rows.length) {
      wrong.push(`holds ${answer.rows.length} rows, not ${table.rows.length}`);
      break;
    }
    result.values += answer.rows.length;
    if (unread !== undefined) {
      result.exceptions.push(
        'the engine takes a nested value apart otherwise than it hands it out; verify alone compares it',
      );
      continue;
    }
    const differing = differences(table, i, column, id, target, found);
    wrong.push(...differing);
    if (i === 0 && differing.length > 0) break;
  }
  return wrong;
}

/** Answers about the same rows, each with one more cell of them, as one. */
function sideBySide(answers: readonly Answer[], idSize: number): Answer {
  const [first, ...others] = answers;
  if (first === undefined || 'error' in first) return first ?? { error: 'no answer' };
  const keyOf = (cells: readonly unknown[]): string =>
    cells
      .slice(1, 1 + idSize)
      // Bytes that are no text would all be the same one.
      .map((cell) =>
        cell instanceof Uint8Array ? Buffer.from(cell).toString('hex') : String(cell),
      )
      .join('\n');
  const rows = new Map(first.rows.map((cells) => [keyOf(cells), [...cells]]));
  for (const answer of others) {
    if ('error' in answer) return answer;
    if (answer.rows.length !== first.rows.length) return { error: 'answers of other lengths' };
    for (const cells of answer.rows) rows.get(keyOf(cells))?.push(cells.at(-1));
  }
  return others.length === 0 ? first : { rows: [...rows.values()] };
}

function differences(
  table: Table,
  index: number,
  column: Column,
  id: Type,
  target: Type,
  found: Map<string, string>,
): string[] {
  const key = table.columns[0];
  if (!key) return [];
  const differing = table.rows.flatMap((row) => {
    const expected = converted(column.source, target, row[index] ?? null);
    const keyValue = converted(key.source, id, row[0] ?? null);
    const keyText = keyValue === LOST ? 'lost' : textOf(id, keyValue);
    const actual = found.get(keyText) ?? 'no such row';
    const text = expected === LOST ? 'a refusal' : textOf(target, expected);
    return actual === text
      ? []
      : [
          `${cut(actual)} for ${cut(textOf(column.source, row[index] ?? null))}${
            expected === LOST || text === textOf(column.source, row[index] ?? null)
              ? ''
              : `, which is ${cut(text)}`
          } at ${cut(keyText)}`,
        ];
  });
  return differing.length === 0
    ? []
    : [
        `${column.name}: ${differing.length} of ${table.rows.length} changed: ${differing[0] ?? ''}`,
      ];
}

function cut(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

function matchOf(table: Table, names: ReadonlyMap<Table, string>): string {
  const name = names.get(table) ?? table.name;
  if (!table.ends) return `(n:${quoted(name)})`;
  // Without labels a key that differs in type from table to table would be text.
  const [from = '', to = ''] = table.ends.map((end) => quoted(names.get(end) ?? end.name));
  return `(a:${from})-[n:${quoted(name)}]->(b:${to})`;
}

function expressionOf(table: Table, index: number): string {
  if (isEndpoint(table, index)) {
    const key = table.ends?.[index - 1]?.columns[0]?.name ?? '';
    return `${index === 1 ? 'a' : 'b'}.${quoted(key)}`;
  }
  return `n.${quoted(table.columns[index]?.name ?? '')}`;
}

function targetsOf(table: Table): Type[] {
  return table.columns.map(({ target }) => target);
}

/** The types that kgload chose, as the engine tells them. */
function inferredTargets(
  engine: EngineName,
  db: string,
  table: Table,
  names: ReadonlyMap<Table, string>,
): (Type | undefined)[] {
  const tables = [table, ...(table.ends ?? [])].map((of) => names.get(of) ?? of.name);
  const [own, ...ends] = ask(
    engine,
    db,
    tables.map((of) => `CALL table_info('${of}') RETURN name, type`),
  ).map((answer) => new Map('rows' in answer ? (answer.rows as [string, string][]) : []));
  return table.columns.map((column, i) => {
    const type = isEndpoint(table, i)
      ? ends[i - 1]?.get(table.ends?.[i - 1]?.columns[0]?.name ?? '')
      : own?.get(column.name);
    return type === undefined ? undefined : parseType(type);
  });
}

/** `stats --verify` after a right load, and after a value was changed. */
async function verify(
  plan: Plan,
  dataset: string,
  db: string,
  engine: EngineName,
  schemaOption: string[],
  names: Map<Table, string>,
  { mode, random }: { mode: Mode; random: Random },
): Promise<Finding[]> {
  // The database has a schema; only what makes one of a dataset must be told how.
  const args = [
    'stats',
    '--db',
    db,
    '--verify',
    dataset,
    ...(mode === 'infer' ? schemaOption : []),
  ];
  const right = await kgload([...args, '--json']);
  const broken = (table: string, text: string): Finding => ({ kind: 'verify', table, text });
  if (right.code !== 0) {
    const different = tablesOf(right.stdout).filter(({ identical }) => !identical);
    const table = plan.tables.find((t) => names.get(t) === different[0]?.table);
    const text = different.map(({ table: of, properties }) => `${of}: ${properties.join(', ')}`);
    return [
      broken(table?.name ?? '', `verify after a right load: ${text.join('; ')} ${reasonOf(right)}`),
    ];
  }
  if (mode === 'infer') return []; // Its properties may have other types.
  const spoiled = spoil(plan, db, engine, names, random);
  if (!spoiled) return [];
  const after = await kgload([...args, '--json']);
  const found = tablesOf(after.stdout).find(({ table }) => table === names.get(spoiled.table));
  const { name } = spoiled.column;
  if (after.code === 1 && found?.identical === false && found.properties.includes(name)) return [];
  return [
    broken(
      spoiled.table.name,
      `verify does not find that ${name} was changed by ${spoiled.statement}: exit code ${String(after.code)}, ${JSON.stringify(found)}`,
    ),
  ];
}

interface Verified {
  table: string;
  identical: boolean;
  properties: string[];
}

function tablesOf(stdout: string): Verified[] {
  try {
    return (JSON.parse(stdout) as { tables?: Verified[] }).tables ?? [];
  } catch {
    return [];
  }
}

/** Gives one row the value that another has. */
function spoil(
  plan: Plan,
  db: string,
  engine: EngineName,
  names: Map<Table, string>,
  random: Random,
): { table: Table; column: Column; statement: string } | undefined {
  for (let tries = 0; tries < 10; tries += 1) {
    const table = pick(random, plan.tables);
    const own = table.columns.map((_, i) => i).filter((i) => i > (table.ends ? 2 : 0));
    const key = table.columns[0];
    if (own.length === 0 || table.rows.length < 2 || key?.source.is !== 'int') continue;
    const index = pick(random, own);
    const column = table.columns[index];
    if (!column) continue;
    const [a, b] = [pick(random, table.rows), pick(random, table.rows)];
    const textIn = (row: Value[]): string => {
      const right = converted(column.source, column.target, row[index] ?? null);
      return right === LOST ? '' : textOf(column.target, right);
    };
    if (textIn(a) === textIn(b)) continue;
    const name = quoted(names.get(table) ?? table.name);
    const pattern = (x: string): string =>
      table.ends ? `()-[${x}:${name}]->()` : `(${x}:${name})`;
    const is = (x: string, row: Value[]): string =>
      `${x}.${quoted(key.name)} = CAST('${plainText(row[0] ?? null)}', '${cypherType(key.target)}')`;
    const property = quoted(column.name);
    const statement = `MATCH ${pattern('a')}, ${pattern('b')} WHERE ${is('a', a)} AND ${is('b', b)} SET b.${property} = a.${property}`;
    const [answer] = ask(engine, db, [statement], false);
    if (answer && 'error' in answer) continue;
    const reader = readerOf(column.target, `n.${property}`);
    const [after] = ask(engine, db, [
      `MATCH ${pattern('n')} WHERE ${is('n', b)} RETURN n.${property} AS c, ${reader.expressions.map((e, i) => `${e} AS c${i}`).join(', ')}`,
    ]);
    // The engine may not have done it.
    if (!after || 'error' in after || after.rows.length !== 1) continue;
    const [raw, ...cells] = after.rows[0] ?? [];
    if (textOf(column.target, reader.read(cells, raw)) !== textIn(a)) continue;
    return { table, column, statement };
  }
  return undefined;
}
