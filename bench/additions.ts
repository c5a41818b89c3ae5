/** What others put into a code graph: a property, a table and edges, and a model of what must stay. */
import { type Engine, query } from './contents.js';

/** As it should be in the database. */
export interface Additions {
  /** A function's key → its note. */
  notes: Map<string, string>;
  /** A review's key → its text. */
  reviews: Map<number, string>;
  edges: { review: number; about: string; score: number }[];
}

export function noAdditions(): Additions {
  return { notes: new Map(), reviews: new Map(), edges: [] };
}

/** Creates the property and the tables. */
export function createAdditions(engine: Engine, path: string): void {
  query(
    engine,
    path,
    [
      'ALTER TABLE Function ADD note STRING',
      'CREATE NODE TABLE Review(id INT64 PRIMARY KEY, text STRING)',
      'CREATE REL TABLE REVIEWS(FROM Review TO Function, score DOUBLE)',
    ],
    false,
  );
}

/** Gives some functions notes, and reviews of their own and in common; the model tells them. */
export function addAdditions(
  engine: Engine,
  path: string,
  additions: Additions,
  functions: readonly string[],
): void {
  const statements: string[] = [];
  const first = additions.reviews.size;
  for (const [i, key] of functions.entries()) {
    const note = `note ${first + i} of ${key}: größer – “it\'s” ${'x'.repeat(i % 50)}`;
    additions.notes.set(key, note);
    statements.push(
      `MATCH (f:Function) WHERE f.id = ${literal(key)} SET f.note = ${literal(note)}`,
    );
    const id = first + i;
    const text = `review ${id}`;
    additions.reviews.set(id, text);
    statements.push(`CREATE (:Review {id: ${id}, text: ${literal(text)}})`);
    // Every third review is of two functions, and every fourth says the same twice.
    const about = [key, ...(i % 3 === 0 ? [functions[(i + 1) % functions.length] ?? key] : [])];
    if (i % 4 === 0) about.push(key);
    for (const one of about) {
      const score = (id * 7 + 1) / 8;
      additions.edges.push({ review: id, about: one, score });
      statements.push(
        `MATCH (r:Review), (f:Function) WHERE r.id = ${id} AND f.id = ${literal(one)} CREATE (r)-[:REVIEWS {score: ${score.toFixed(3)}}]->(f)`,
      );
    }
  }
  query(engine, path, [...statements, 'CHECKPOINT'], false);
}

/** Takes what was about functions that are gone out of the model: how many edges that were. */
export function forgetGone(additions: Additions, functions: ReadonlySet<string>): number {
  for (const key of additions.notes.keys()) {
    if (!functions.has(key)) additions.notes.delete(key);
  }
  const before = additions.edges.length;
  additions.edges = additions.edges.filter(({ about }) => functions.has(about));
  return before - additions.edges.length;
}

/** How a database differs from the model; nothing where it doesn't. */
export function additionsAmiss(engine: Engine, path: string, additions: Additions): string[] {
  const pattern = '(r:Review)-[e:REVIEWS]->(f:Function)';
  const [notes = [], reviews = [], edges = [], back = []] = query(engine, path, [
    'MATCH (f:Function) WHERE f.note IS NOT NULL RETURN f.id, f.note',
    'MATCH (r:Review) RETURN r.id, r.text',
    `MATCH ${pattern} HINT (r JOIN e) JOIN f RETURN r.id, f.id, e.score`,
    `MATCH ${pattern} HINT (f JOIN e) JOIN r RETURN r.id, f.id, e.score`,
  ]).map((rows) => rows.map((row) => JSON.stringify(Object.values(row))).sort());
  const wanted = additions.edges.map(({ review, about, score }) =>
    JSON.stringify([review, about, score]),
  );
  return [
    ...amiss(
      'notes',
      notes,
      [...additions.notes].map((one) => JSON.stringify(one)),
    ),
    ...amiss(
      'reviews',
      reviews,
      [...additions.reviews].map((one) => JSON.stringify(one)),
    ),
    ...amiss('edges from reviews', edges, wanted),
    ...amiss('edges to functions', back, wanted),
  ];
}

function amiss(what: string, found: readonly string[], wanted: readonly string[]): string[] {
  const sorted = [...wanted].sort();
  if (found.join('\n') === sorted.join('\n')) return [];
  const surplus = found.filter((row) => !sorted.includes(row));
  const missing = sorted.filter((row) => !found.includes(row));
  return [
    `${what}: ${found.length} where ${sorted.length} should be; too many: ${surplus.slice(0, 2).join(' ')}; missing: ${missing.slice(0, 2).join(' ')}`,
  ];
}

function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
