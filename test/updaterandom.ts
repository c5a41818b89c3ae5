/** Random graphs that change at random, and what updates make of their databases. */
import { join } from 'node:path';
import { execute } from './helpers.js';
import { keyTypeOf, knowAll, quoted, schemaText } from './updategraph.js';
import {
  type Content,
  type Deletions,
  type EdgeTable,
  emptyContent,
  type Files,
  type NodeTable,
  type Text,
} from './updatemodel.js';
import { runRound } from './updaterun.js';
import { type Dice, dice, KEYS, pick, print, VALUES } from './updatevalues.js';

const KEY_COUNT = 40;

export interface Random {
  roll: Dice;
  tables: (NodeTable | EdgeTable)[];
  /** What the database has: also what is others'. */
  held: (NodeTable | EdgeTable)[];
  /** Tables and properties of others. */
  others: (NodeTable | EdgeTable)[];
  keys: ReadonlyMap<string, readonly string[]>;
  values: (type: string) => readonly string[];
}

function randomTypes(roll: Dice, most: number): Record<string, string> {
  const types = Object.keys(VALUES);
  return Object.fromEntries(
    Array.from({ length: roll(most + 1) }, (_, i) => [
      `p${i}`,
      roll(3) === 0 ? 'STRING' : pick(roll, types),
    ]),
  );
}

function randomDefaults(roll: Dice, types: Record<string, string>): Record<string, string> {
  const able = Object.entries(types).filter(([, type]) =>
    /^(STRING|INT64|DOUBLE|BOOL)$/.test(type),
  );
  return Object.fromEntries(
    able
      .filter(() => roll(4) === 0)
      .map(([name, type]) => [name, print(pick(roll, VALUES[type] ?? []), type) ?? '']),
  );
}

export function randomGraph(seed: number): Random {
  const roll = dice(seed);
  for (const [type, all] of Object.entries(VALUES)) knowAll(type, all);
  const tables: Random['tables'] = [];
  const names = ['A', 'B', 'C'].slice(0, 1 + roll(3));
  for (const name of names) {
    const types = randomTypes(roll, 6);
    if (roll(2) === 0) types['grp'] = 'STRING';
    tables.push({
      is: 'node',
      name,
      keyType: roll(2) === 0 ? 'STRING' : pick(roll, Object.keys(KEYS)),
      types,
      defaults: randomDefaults(roll, types),
    });
  }
  for (const name of ['R', 'S', 'T'].slice(0, 1 + roll(3))) {
    const types = randomTypes(roll, 2);
    const all = names.flatMap((from) => names.map((to) => ({ from, to })));
    const pairs = all.filter(() => roll(4) === 0);
    tables.push({
      is: 'edge',
      name,
      pairs: pairs.length > 0 ? pairs : [pick(roll, all)],
      multiplicity:
        roll(3) > 0 ? 'MANY_MANY' : pick(roll, ['MANY_ONE', 'ONE_MANY', 'ONE_ONE'] as const),
      types,
      defaults: randomDefaults(roll, types),
    });
  }
  const keys = new Map<string, string[]>();
  for (const name of names) {
    const type = keyTypeOf(tables, name);
    const literals = Array.from(
      { length: KEY_COUNT },
      (_, i) => (KEYS[type] ?? KEYS['STRING'])?.(i) ?? '',
    );
    knowAll(type, literals);
    keys.set(
      name,
      literals.map((literal) => print(literal, type) ?? ''),
    );
  }
  const first = names[0] ?? '';
  const others: Random['others'] = [
    { is: 'node', name: 'Own', keyType: 'INT64', types: { note: 'STRING' }, defaults: {} },
    {
      is: 'edge',
      name: 'OwnEdge',
      pairs: [
        { from: first, to: 'Own' },
        { from: first, to: first },
      ],
      multiplicity: 'MANY_MANY',
      types: { w: 'INT64' },
      defaults: {},
    },
  ];
  knowAll('INT64', ['1', '2', '3']);
  keys.set('Own', ['1', '2', '3']);
  return {
    roll,
    tables,
    held: tables,
    others,
    keys,
    values: (type) => (VALUES[type] ?? []).map((one) => print(one, type) ?? ''),
  };
}

function randomProps(
  { roll, values }: Random,
  types: Record<string, string>,
): Record<string, Text> {
  return Object.fromEntries(
    Object.entries(types).map(([name, type]) => [
      name,
      /^STRUCT\(.*\)$/.test(type)
        ? pick(roll, values(type))
        : name === 'grp'
          ? pick(
              roll,
              ['a', 'b c', null].map((x) => (x === 'b c' ? 'ä b, "c"' : x)),
            )
          : roll(4) === 0
            ? null
            : pick(roll, values(type)),
    ]),
  );
}

/** Changes what is wanted: some rows in a hundred, or most. */
export function mutateWorld(random: Random, world: Content): Content {
  const { roll, tables, keys } = random;
  const share = pick(roll, [0, 1, 5, 20, 60]);
  const next: Content = { nodes: new Map(), edges: new Map() };
  for (const table of tables) {
    if (table.is === 'node') {
      const rows = new Map(world.nodes.get(table.name));
      for (const key of keys.get(table.name) ?? []) {
        if (roll(100) >= share) continue;
        const old = rows.get(key);
        if (!old || roll(3) > 0) {
          const fresh = randomProps(random, table.types);
          const one =
            old && roll(2) === 0 ? pick(roll, [...Object.keys(fresh), 'none']) : undefined;
          rows.set(
            key,
            one === undefined
              ? fresh
              : { ...old, ...(one in fresh && { [one]: fresh[one] ?? null }) },
          );
        } else rows.delete(key);
      }
      next.nodes.set(table.name, rows);
      continue;
    }
    const edges = (world.edges.get(table.name) ?? []).filter(() => roll(100) >= share);
    for (let i = roll(40); i > 0; i -= 1) {
      if (roll(100) >= 3 * share) continue;
      const { from, to } = pick(roll, table.pairs);
      const before = edges[roll(edges.length || 1)];
      edges.push(
        before && roll(3) === 0
          ? { ...before, ...(roll(2) === 0 && { props: randomProps(random, table.types) }) }
          : {
              from,
              to,
              fromKey: pick(roll, keys.get(from) ?? []),
              toKey: pick(roll, keys.get(to) ?? []),
              props: randomProps(random, table.types),
            },
      );
    }
    next.edges.set(table.name, edges);
  }
  return next;
}

/** Files of what is wanted: part files, without some columns, tables and rows, and with bad rows. */
export function filesOf(random: Random, world: Content, isWhole: boolean): Files {
  const { roll, tables } = random;
  const files: Files = { nodes: [], edges: [] };
  const isLeftOut = (): boolean => !isWhole && roll(8) === 0;
  for (const table of tables) {
    if (isLeftOut()) continue;
    const parts = roll(3) === 0 ? 2 + roll(2) : 1;
    const columnsOf = (): string[] => Object.keys(table.types).filter(() => !isLeftOut());
    if (table.is === 'node') {
      const all: Files['nodes'][number]['rows'] = [...(world.nodes.get(table.name) ?? [])].map(
        ([key, props]) => ({ key, props }),
      );
      if (!isWhole) {
        for (let i = roll(4); i > 0; i -= 1) {
          const one = all[roll(all.length || 1)];
          const key = roll(3) === 0 ? null : (one?.key ?? null);
          const props = one && roll(2) === 0 ? one.props : randomProps(random, table.types);
          all.splice(roll(all.length + 1), 0, { key, props });
        }
      }
      const cut = all.map(() => roll(parts));
      for (let part = 0; part < parts; part += 1) {
        files.nodes.push({
          table: table.name,
          columns: columnsOf(),
          rows: all.filter((_, i) => cut[i] === part),
        });
      }
      continue;
    }
    const all: Files['edges'][number]['rows'] = [...(world.edges.get(table.name) ?? [])];
    for (let i = isWhole ? 0 : roll(4); i > 0; i -= 1) {
      const one = all[roll(all.length || 1)];
      if (one)
        all.splice(roll(all.length + 1), 0, {
          ...one,
          ...(roll(2) === 0 ? { fromKey: null } : { toKey: null }),
        });
    }
    const cut = all.map(() => roll(parts));
    for (let part = 0; part < parts; part += 1) {
      // Of edges that differ in a property which no file has, nobody knows which one is meant.
      const columns = part === 0 ? Object.keys(table.types) : columnsOf();
      files.edges.push({ table: table.name, columns, rows: all.filter((_, i) => cut[i] === part) });
    }
  }
  return files;
}

/** What others add to a database: a property, a node table and a rel table. */
export function addOthers(random: Random, db: string, content: Content): Content {
  const { roll, tables, others, keys } = random;
  const [first] = tables;
  if (!first) throw new Error('no table');
  const rows = [...(content.nodes.get(first.name) ?? [])];
  const nodes = new Map(content.nodes);
  random.held = [
    { ...first, types: { ...first.types, extra: 'STRING' } },
    ...tables.slice(1),
    ...others,
  ];
  const texts = rows.map(([key]) => [key, roll(2) === 0 ? `note of ${key}` : null] as const);
  nodes.set(
    first.name,
    new Map(rows.map(([key, props], i) => [key, { ...props, extra: texts[i]?.[1] ?? null }])),
  );
  nodes.set('Own', new Map((keys.get('Own') ?? []).map((key) => [key, { note: `own ${key}` }])));
  const edges = new Map(content.edges);
  const own = rows
    .filter(() => roll(2) === 0)
    .flatMap(([key], i) => [
      { from: first.name, to: 'Own', fromKey: key, toKey: String(1 + (i % 3)), props: { w: '1' } },
      {
        from: first.name,
        to: first.name,
        fromKey: key,
        toKey: rows[roll(rows.length)]?.[0] ?? '',
        props: { w: '2' },
      },
    ]);
  edges.set('OwnEdge', own);
  const match = (name: string, key: string, as: string): string =>
    `MATCH (${as}:${name}) WHERE CAST(${as}.id AS STRING) = ${quoted(key)}`;
  execute(
    db,
    schemaText(others).split('\n')[0] ?? '',
    schemaText(others).split('\n')[1] ?? '',
    `ALTER TABLE ${first.name} ADD extra STRING`,
    ...texts.flatMap(([key, text]) =>
      text === null ? [] : [`${match(first.name, key, 'n')} SET n.extra = ${quoted(text)}`],
    ),
    ...(keys.get('Own') ?? []).map((key) => `CREATE (:Own {id: ${key}, note: 'own ${key}'})`),
    ...own.map(
      ({ from, to, fromKey, toKey, props }) =>
        `${match(from, fromKey, 'a')} ${match(to, toKey, 'b')} CREATE (a)-[:OwnEdge {w: ${props.w}}]->(b)`,
    ),
  );
  return { nodes, edges };
}

/** Some updates of one random graph; what is wrong, each with its round. */
export function runSeed(seed: number, rounds: number, directory: string): string[] {
  const random = randomGraph(seed);
  const { roll, tables } = random;
  const db = join(directory, 'graph.db');
  const dataset = join(directory, 'dataset');
  let world = mutateWorld(random, emptyContent(tables));
  for (let i = 0; i < 3; i += 1) world = mutateWorld(random, world);
  let content = emptyContent(tables);
  const wrong: string[] = [];
  execute(db, ...schemaText(tables).split('\n'));
  for (let round = 0; round < rounds; round += 1) {
    const isWhole = round === 0 || roll(3) === 0;
    const kinds: Deletions[] = ['none', 'all', 'all', { by: 'grp' }, { by: 'a' }];
    const files = filesOf(random, world, isWhole);
    let deletions = pick(roll, kinds);
    const isThere = ({ by }: { by: string }): boolean =>
      files.nodes.some(({ table, columns }) => columns.includes(by) || table.toLowerCase() === by);
    if (typeof deletions === 'object' && !isThere(deletions)) deletions = 'all';
    const skip = roll(5) > 0;
    if (files.nodes.length === 0) continue;
    const result = runRound(random, db, dataset, content, { files, deletions, skip });
    ({ content } = result);
    wrong.push(
      ...result.wrong.map(
        (one) =>
          `seed ${seed} round ${round} (${JSON.stringify(deletions)}${skip ? ', skip' : ''}): ${one}`,
      ),
    );
    if (wrong.length > 0) break;
    if (round === 1) content = addOthers(random, db, content);
    world = mutateWorld(random, world);
  }
  return wrong;
}
