/** Two versions of a graph as datasets and as what a server is to hold of them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import neo4j, { type Driver } from 'neo4j-driver';
import { execute, scratch } from './helpers.js';
import type { Neo4jServer } from './neo4j.js';

/** The nodes k300 to k2999 are of both. */
export const RANGE = { 1: [0, 3000], 2: [300, 3600] } as const;

export type Version = keyof typeof RANGE;

/** Edges that are alike: k500 → k501 in version 1 three times, and so on. */
const PARALLEL = { 1: [3, 2], 2: [1, 4] } as const;

const SCHEMA = `CREATE NODE TABLE A(id STRING PRIMARY KEY, text STRING, n INT64, small INT16, x DOUBLE, f FLOAT, yes BOOL, day DATE, at TIMESTAMP, list INT64[], bytes BLOB, note STRING, gone STRING, file STRING);
CREATE NODE TABLE B(id INT64 PRIMARY KEY, file STRING);
CREATE REL TABLE R(FROM A TO A, w INT64, tag STRING);
CREATE REL TABLE S(FROM A TO B, FROM B TO A, w INT64);`;

/** @param files - Only the nodes of so many of the 30 files, and the edges that leave them. */
export function writeVersion(t: TestContext, version: Version, files = 30): string {
  const dataset = join(scratch(t), `version${version}`);
  for (const part of ['nodes', 'edges/R']) {
    mkdirSync(join(dataset, part), { recursive: true });
  }
  const [low, high] = RANGE[version];
  const is = (rest: number): string => (version === 1 ? 'false' : `i % 100 = ${rest}`);
  const among = `i % 30 < ${files}`;
  const text = (value: string): string => `CAST(${value} AS STRING)`;
  const rows = `UNWIND range(${low}, ${high - 1}) AS i WITH i WHERE ${among}`;
  const [three = 0, two = 0] = PARALLEL[version];
  const alike = (count: number, from: number): string =>
    `COPY (UNWIND range(1, ${files > from % 30 ? count : 0}) AS c RETURN 'k' + ${text(`${from} + 0 * c`)} AS \`from\`, 'k' + ${text(`${from + 1} + 0 * c`)} AS \`to\`, 0 * c - ${from} AS w, 'a' + ${text('0 * c')} AS tag) TO '${dataset}/edges/R/p${from}.parquet'`;
  execute(
    ':memory:',
    `COPY (${rows} RETURN 'k' + ${text('i')} AS id,
      't' + ${text('i')} + CASE WHEN ${is(1)} THEN ' é' ELSE '' END AS text,
      CASE WHEN ${is(2)} THEN i + 9007199254740993 ELSE i END AS n,
      CAST(CASE WHEN ${is(3)} THEN -1 ELSE 1 END AS INT16) AS small,
      CASE WHEN i = 700 THEN CAST('NaN' AS DOUBLE) WHEN i = 701 THEN CAST('-0.0' AS DOUBLE) WHEN ${is(4)} THEN i / 3.0 ELSE i / 4.0 END AS x,
      CAST(CASE WHEN ${is(5)} THEN 0.1 ELSE 2.0 END AS FLOAT) AS f,
      CASE WHEN ${is(6)} THEN true ELSE false END AS yes,
      CASE WHEN ${is(7)} THEN date('1969-07-20') ELSE date('2024-02-29') END AS day,
      CASE WHEN ${is(8)} THEN timestamp('1969-07-20 20:17:40.000001') ELSE timestamp('2024-02-29 12:00:00.123456') END AS at,
      CASE WHEN ${is(9)} THEN [i, 2] ELSE [i] END AS list,
      CASE WHEN ${is(10)} THEN BLOB('\\\\xFF') ELSE BLOB('\\\\x00\\\\x7F') END AS bytes,
      CASE WHEN ${is(11)} THEN 'new' ELSE NULL END AS note,
      CASE WHEN ${is(12)} THEN NULL ELSE 'was' END AS gone,
      'f' + ${text('i % 30')} AS file) TO '${dataset}/nodes/A.parquet'`,
    `COPY (UNWIND range(0, 29) AS i WITH i WHERE ${among} RETURN i AS id, 'f' + ${text('i')} AS file) TO '${dataset}/nodes/B.parquet'`,
    `COPY (${rows} RETURN 'k' + ${text('i')} AS \`from\`, 'k' + ${text(`CASE WHEN i + 30 < ${high} THEN i + 30 ELSE ${low} + i % 30 END`)} AS \`to\`, CASE WHEN ${is(0)} THEN i + 1 ELSE i END AS w, CASE WHEN i % 3 = 0 THEN NULL ELSE 'x' END AS tag) TO '${dataset}/edges/R/chain.parquet'`,
    alike(three, 500),
    alike(two, 600),
    // Both pairs in one file.
    `COPY (${rows} UNWIND [true, false] AS ab WITH i, ab WHERE ab OR i % 10 = 0
      RETURN CASE WHEN ab THEN 'A' ELSE 'B' END AS from_table, CASE WHEN ab THEN 'B' ELSE 'A' END AS to_table,
        CASE WHEN ab THEN 'k' + ${text('i')} ELSE ${text('i % 30')} END AS \`from\`, CASE WHEN ab THEN ${text('i % 30')} ELSE 'k' + ${text('i')} END AS \`to\`, i AS w) TO '${dataset}/edges/S.parquet'`,
  );
  writeFileSync(join(dataset, 'schema.cypher'), SCHEMA);
  return dataset;
}

/** A node of A, as {@link graphOf} has it. */
export function nodeText(version: Version, i: number): string {
  const is = (rest: number): boolean => version === 2 && i % 100 === rest;
  const x = i === 700 ? 'NaN' : i === 701 ? '-0' : String(is(4) ? i / 3 : i / 4);
  return [
    `k${i}`,
    `t${i}${is(1) ? ' é' : ''}`,
    is(2) ? BigInt(i) + 9007199254740993n : i,
    is(3) ? -1 : 1,
    x,
    is(5) ? Math.fround(0.1) : 2,
    is(6),
    is(7) ? '1969-07-20' : '2024-02-29',
    is(8) ? '1969-07-20T20:17:40.000001000' : '2024-02-29T12:00:00.123456000',
    is(9) ? `${i},2` : i,
    is(10) ? '-1' : '0,127',
    is(11) ? 'new' : 'null',
    is(12) ? 'null' : 'was',
    `f${i % 30}`,
  ].join('|');
}

/** Edges `from > to w tag` of R and of S. */
export function edgeTexts(version: Version): string[] {
  const [low, high] = RANGE[version];
  const [three = 0, two = 0] = PARALLEL[version];
  const texts: string[] = [];
  for (let i = low; i < high; i += 1) {
    const w = version === 2 && i % 100 === 0 ? i + 1 : i;
    texts.push(
      `R k${i} > k${i + 30 < high ? i + 30 : low + (i % 30)} ${w} ${i % 3 === 0 ? 'null' : 'x'}`,
    );
    texts.push(`S k${i} > ${i % 30} ${i} null`);
    if (i % 10 === 0) texts.push(`S ${i % 30} > k${i} ${i} null`);
  }
  for (let i = 0; i < three; i += 1) texts.push('R k500 > k501 -500 a0');
  for (let i = 0; i < two; i += 1) texts.push('R k600 > k601 -600 a0');
  return texts.sort();
}

export function nodeTexts(version: Version): string[] {
  const [low, high] = RANGE[version];
  return Array.from({ length: high - low }, (_, i) => nodeText(version, low + i)).sort();
}

/** Does something with a driver that nobody else has. */
export async function withDriver<T>(
  { url, username, password }: Neo4jServer,
  work: (driver: Driver) => Promise<T>,
): Promise<T> {
  const driver = neo4j.driver(url, neo4j.auth.basic(username, password), { useBigInt: true });
  try {
    return await work(driver);
  } finally {
    await driver.close();
  }
}

/** All values of a record, as text. */
function describe(value: unknown): string {
  if (Object.is(value, -0)) return '-0';
  if (ArrayBuffer.isView(value)) return (value as Int8Array).join(',');
  return Array.isArray(value) ? value.map(describe).join(',') : String(value);
}

/** What a server holds of the dataset's tables, by the driver alone. */
export async function graphOf(server: Neo4jServer): Promise<{ nodes: string[]; edges: string[] }> {
  return await withDriver(server, async (driver) => {
    const names = SCHEMA.slice(SCHEMA.indexOf('(') + 1, SCHEMA.indexOf(')'))
      .split(', ')
      .map((part) => part.split(' ')[0] ?? '');
    const nodes = await driver.executeQuery(
      `MATCH (n:A) RETURN ${names.map((name) => `n.${name}`).join(', ')}`,
    );
    const edges = await driver.executeQuery(
      'MATCH (a)-[r:R|S]->(b) RETURN type(r), a.id, b.id, r.w, r.tag',
    );
    return {
      nodes: nodes.records.map((row) => [...row.values()].map(describe).join('|')).sort(),
      edges: edges.records
        .map((row) => {
          const [type = '', from = '', to = '', w = '', tag = ''] = [...row.values()].map(describe);
          return `${type} ${from} > ${to} ${w} ${tag}`;
        })
        .sort(),
    };
  });
}
