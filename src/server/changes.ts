/** Carrying out an update on a server, in transactions of a batch each. */
import { isMemoryFull } from '../bolt/messages.js';
import type { Outcome, Server } from '../bolt/server.js';
import { createEdges, createNodes, type ServerEnd } from '../cypher/server.js';
import {
  deleteEdges,
  deleteEdgesOfNodes,
  deleteNodes,
  edgesOfNodes,
  setNodes,
} from '../cypher/serverupdate.js';
import type { Decoder } from '../dataset/rows.js';
import { KgloadError } from '../errors.js';
import { addTime, type Tally } from '../load/report.js';
import type { Hooks } from '../plan/request.js';
import type { PlannedRows } from '../plan/rows.js';
import { beginStep } from '../steps.js';
import type { TableChanges } from '../types.js';
import { type Batch, batchesOf, halve } from './batches.js';
import type { RowSet } from './hashtable.js';
import { type EdgeDelta, type NodeDelta, placesOf } from './nodes.js';

/** An update that is carried out. */
export interface Updating {
  server: Server;
  decoder: Decoder;
  /** Properties that are to be JSON text: `table.property`. */
  asJson: ReadonlySet<string>;
  nodes: readonly NodeDelta[];
  edges: readonly EdgeDelta[];
  changes: Readonly<Record<string, TableChanges>>;
  tally: Tally;
  hooks: Hooks;
}

/** Deletes what goes, then changes and makes nodes, then edges. */
export async function writeChanges(updating: Updating): Promise<void> {
  const { nodes, edges, hooks } = updating;
  if ([...nodes, ...edges].some(({ gone }) => gone.length > 0)) {
    const deleting = beginStep(hooks, 'delete');
    for (const delta of edges) await deleteGoneEdges(updating, delta);
    for (const delta of nodes) await deleteGoneNodes(updating, delta);
    deleting.end();
  }
  for (const delta of nodes) {
    const { end, properties } = delta;
    await telling(updating, delta, async (tell) => {
      const set = setNodes(end, properties);
      await writeRows(updating, delta, delta.changed, {
        // A file may lack a property that another one has.
        statementOf: () => set,
        parametersOf: (file, batch) => ({
          k: batch.keys[0],
          ...columnsOf(
            placesOf(file, properties).map(
              (place) => batch.columns[place] ?? Array.from({ length: batch.size }, () => null),
            ),
          ),
        }),
        doneOf: ({ rows }) => Number(rows[0]?.[0] ?? 0),
        tell,
      });
      await writeRows(updating, delta, delta.fresh, {
        statementOf: (file) => createNodes(end.table, end.property, namesOf(file)),
        parametersOf: (_, batch) => ({ k: batch.keys[0], ...columnsOf(batch.columns) }),
        doneOf: ({ created }) => created.nodes,
        tell,
      });
    });
  }
  for (const delta of edges) {
    await telling(updating, delta, async (tell) => {
      await writeRows(updating, delta, delta.fresh, {
        statementOf: (file) => {
          const [from, to] = file.keys;
          if (!from || !to) throw new Error(`${delta.table} has no endpoints`);
          return createEdges(delta.table, from, to, namesOf(file));
        },
        parametersOf: (_, batch) => {
          const [f, t] = batch.keys;
          return { f, t, ...columnsOf(batch.columns) };
        },
        doneOf: ({ created }) => created.edges,
        tell,
      });
    });
  }
}

function namesOf({ fields }: PlannedRows): string[] {
  return fields.map(({ property }) => property);
}

function columnsOf(columns: readonly unknown[][]): Record<string, unknown[]> {
  return Object.fromEntries(columns.map((list, i) => [`c${i}`, list]));
}

/** Does the work on a table, and tells when it begins and when it is done. */
async function telling(
  { tally, hooks, changes }: Updating,
  { table, kind, files, inserted, updated }: NodeDelta | EdgeDelta,
  work: (tell: (rows: number) => void) => Promise<void>,
): Promise<void> {
  const rows = inserted + updated;
  if (rows === 0) return;
  const [first] = files;
  const file = first?.file ?? '';
  tally.onEvent({ type: 'started', table, kind, file, rows, ignored: {} });
  let start = hooks.clock();
  await work((done) => {
    const now = hooks.clock();
    const time = addTime(tally, table, (now - start) / 1000, done);
    start = now;
    tally.onEvent({ type: 'progress', table, rows: time.rows });
  });
  const time = addTime(tally, table, 0, 0);
  const skipped = tally.skipped.get(table) ?? 0;
  const own = changes[table];
  tally.onEvent({ type: 'finished', table, kind, ...time, skipped, ...(own && { changes: own }) });
}

/** How rows of a table are written. */
interface Writing {
  statementOf: (file: PlannedRows) => string;
  parametersOf: (file: PlannedRows, batch: Batch) => Record<string, unknown>;
  /** How many rows a statement wrote. */
  doneOf: (outcome: Outcome) => number;
  tell: (rows: number) => void;
}

async function writeRows(
  { server, decoder, asJson, hooks }: Updating,
  { table }: { table: string },
  wanted: ReadonlyMap<PlannedRows, RowSet>,
  { statementOf, parametersOf, doneOf, tell }: Writing,
): Promise<void> {
  for (const [file, rows] of wanted) {
    if (rows.size() === 0) continue;
    const cypher = statementOf(file);
    const batches = batchesOf(decoder, server.driver, file, {
      bad: { has: (row) => !rows.has(row) },
      from: 0,
      asJson: (property) => asJson.has(`${table}.${property}`),
    });
    const send = async (batch: Batch): Promise<void> => {
      refuseAborted(hooks);
      const parameters = parametersOf(file, batch);
      try {
        tell(await writeOnce(server, hooks, table, { cypher, parameters }, batch.size, doneOf));
      } catch (error) {
        if (!isMemoryFull(error) || batch.size < 2) throw error;
        for (const half of halve(batch)) await send(half);
      }
    };
    for (const batch of batches) if (batch.size > 0) await send(batch);
  }
}

/** Writes a batch: all of it, or none, and never twice. */
async function writeOnce(
  server: Server,
  { signal }: Hooks,
  table: string,
  statement: { cypher: string; parameters: Record<string, unknown> },
  size: number,
  doneOf: (outcome: Outcome) => number,
): Promise<number> {
  let isCommitting = false;
  return await server.write(
    async (run) => {
      isCommitting = false;
      const done = doneOf(await run(statement));
      if (done !== size) throw lostRows(table, size, done);
      isCommitting = true;
      return done;
    },
    {
      signal,
      // Edges have no key that says whether they are there: whoever compares again knows.
      isDone: () =>
        isCommitting ? Promise.reject(lostAnswer(server, table)) : Promise.resolve(undefined),
    },
  );
}

/** Between two batches. */
function refuseAborted({ signal }: Hooks): void {
  if (signal?.aborted) throw new Error('the update was interrupted');
}

/** Ids or keys that go into one statement. */
const MOST_GONE = 10_000;

/** Of nodes with many edges, these are deleted before: together they would fill a transaction. */
const MOST_EDGES = 10_000;

async function deleteGoneEdges(
  { server, hooks }: Updating,
  { table, gone }: EdgeDelta,
): Promise<void> {
  for (let start = 0; start < gone.length; start += MOST_GONE) {
    refuseAborted(hooks);
    const parameters = { ids: gone.slice(start, start + MOST_GONE) };
    await server.write((run) => run({ cypher: deleteEdges(table), parameters }), hooks);
  }
}

async function deleteGoneNodes({ server, hooks }: Updating, delta: NodeDelta): Promise<void> {
  const { end, gone } = delta;
  const most = server.driver.int(MOST_EDGES);
  for (let start = 0; start < gone.length; start += MOST_GONE) {
    const k = gone.slice(start, start + MOST_GONE);
    for (let isMore = true; isMore;) {
      refuseAborted(hooks);
      const statement = { cypher: deleteEdgesOfNodes(end), parameters: { k, most } };
      const { deleted } = await server.write((run) => run(statement), hooks);
      isMore = deleted.edges === MOST_EDGES;
    }
    await server.write((run) => run({ cypher: deleteNodes(end), parameters: { k } }), hooks);
  }
}

/** The edges of whatever type that go with nodes: how many of each. */
export async function countTaken(
  server: Server,
  nodes: readonly { end: ServerEnd; gone: readonly unknown[] }[],
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  // An edge between two of them is seen twice.
  const seen = new Set<unknown>();
  for (const { end, gone } of nodes) {
    for (let start = 0; start < gone.length; start += MOST_GONE) {
      const parameters = { k: gone.slice(start, start + MOST_GONE) };
      await server.stream({ cypher: edgesOfNodes(end), parameters }, ([id, type]) => {
        if (seen.has(id)) return;
        seen.add(id);
        counts.set(String(type), (counts.get(String(type)) ?? 0) + 1);
      });
    }
  }
  return counts;
}

function lostRows(table: string, sent: number, written: number): KgloadError {
  return new KgloadError({
    code: 'ROW_COUNT',
    table,
    message: `the server wrote ${written} of ${sent} rows of ${table} in a batch, which was rolled back: the graph is not the one that was compared`,
    hint: 'see who else writes to the database, and update again',
  });
}

function lostAnswer({ url }: Server, table: string): KgloadError {
  return new KgloadError({
    code: 'SERVER_LOST',
    table,
    message: `the connection to ${url} was lost while a batch of ${table} was committed`,
  });
}
