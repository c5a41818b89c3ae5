/** Writing the rows of a table to a server, in transactions of a batch each. */
import { isMemoryFull } from '../bolt/messages.js';
import type { Server } from '../bolt/server.js';
import { markRows } from '../cypher/server.js';
import type { Decoder } from '../dataset/rows.js';
import { KgloadError } from '../errors.js';
import { type Tally, tallyTable } from '../load/report.js';
import { type Plan, type PlannedTable, startedEvent } from '../plan/plan.js';
import type { LoadRequest } from '../plan/request.js';
import type { PlannedRows } from '../plan/rows.js';
import { type Batch, batchesOf, halve } from './batches.js';
import { findMarkers, type Marker } from './markers.js';
import type { Scan } from './scan.js';
import { statementOf } from './statements.js';

/** A load that is carried out. */
export interface Loading {
  server: Server;
  decoder: Decoder;
  plan: Plan<PlannedRows>;
  scan: Scan;
  request: LoadRequest;
  markers: ReadonlyMap<string, Marker>;
  tally: Tally;
}

/** Writes the rows of a table, batch by batch, from where its marker says. */
export async function writeTable(
  loading: Loading,
  planned: PlannedTable<PlannedRows>,
): Promise<void> {
  const { tally, scan, request, markers, server, decoder } = loading;
  const { hooks } = request;
  const { table, kind, copies } = planned;
  tally.onEvent(startedEvent(planned));
  const start = hooks.clock();
  const marker = markers.get(table);
  let rows = marker?.created ?? 0;
  let dealtBefore = marker?.rows ?? 0;
  let before = dealtBefore;
  const asJson = (property: string): boolean => scan.asJson.has(`${table}.${property}`);
  for (const file of copies) {
    const from = Math.min(before, file.rows);
    before -= from;
    if (from === file.rows) continue;
    const bad = scan.bad.get(file) ?? new Set();
    const statement = statementOf(kind, table, file);
    let done = from;
    let most = Infinity;
    for (const batch of batchesOf(decoder, server.driver, file, { bad, from, asJson })) {
      const queue = [batch];
      for (let part = queue.shift(); part; part = queue.shift()) {
        if (hooks.signal?.aborted) throw new Error('the load was interrupted');
        if (part.size > most) {
          queue.unshift(...halve(part));
          continue;
        }
        const dealt = part.upTo === 0 ? part.size : part.upTo - done;
        try {
          rows += await writeBatch(loading, {
            table,
            statement,
            batch: part,
            dealt,
            before: { rows: dealtBefore, created: rows },
          });
          done += dealt;
          dealtBefore += dealt;
        } catch (error) {
          if (!isMemoryFull(error) || part.size < 2) throw error;
          most = Math.ceil(part.size / 2);
          queue.unshift(...halve(part));
        }
        tally.onEvent({ type: 'progress', table, rows });
      }
    }
  }
  const own = scan.badRows.filter((bad) => bad.table === table);
  tallyTable(tally, planned, { seconds: (hooks.clock() - start) / 1000, rows }, own);
}

/** Writes a batch and its marker in one transaction; returns how many rows were made. */
async function writeBatch(
  { server, request }: Loading,
  {
    table,
    statement,
    batch,
    dealt,
    before,
  }: {
    table: string;
    statement: string;
    batch: Batch;
    dealt: number;
    /** What the table's marker says. */
    before: Marker;
  },
): Promise<number> {
  const [k = [], t = []] = batch.keys;
  const lists = Object.fromEntries(batch.columns.map((list, i) => [`c${i}`, list]));
  const parameters = batch.keys.length > 1 ? { ...lists, f: k, t } : { ...lists, k };
  return await server.write(
    async (run) => {
      let created = 0;
      if (batch.size > 0) {
        const outcome = await run({ cypher: statement, parameters });
        created = outcome.created.nodes + outcome.created.edges;
      }
      if (created !== batch.size) throw lostEdges(table, batch.size, created);
      const { int } = server.driver;
      await run({
        cypher: markRows(),
        parameters: { table, rows: int(dealt), created: int(created) },
      });
      return created;
    },
    {
      signal: request.hooks.signal,
      isDone: async () => {
        const marker = (await findMarkers(server)).markers.get(table);
        return marker && marker.rows > before.rows ? marker.created - before.created : undefined;
      },
    },
  );
}

function lostEdges(table: string, sent: number, created: number): KgloadError {
  return new KgloadError({
    code: 'ROW_COUNT',
    table,
    message: `the server made ${created} of ${sent} rows of ${table} in a batch, which was rolled back: nodes that were there are gone`,
    hint: 'see who else writes to the database',
  });
}
