/** Nodes on the server that say how far an unfinished load is, from which it is resumed. */
import { createHash } from 'node:crypto';
import type { Server } from '../bolt/server.js';
import { readMarkers } from '../cypher/server.js';
import type { Dataset } from '../dataset/dataset.js';
import { KgloadError } from '../errors.js';
import type { LoadRequest } from '../plan/request.js';
import { toCypher } from '../schema/script.js';

/** Of a table of an unfinished load: rows that were dealt with, and those that were made. */
export interface Marker {
  rows: number;
  created: number;
}

/** A load that began, and did not come to its end. */
export interface UnfinishedLoad {
  /** What {@link fingerprintOf} made of its dataset, schema and settings. */
  dataset: string;
  /** All that was there before was still being deleted. */
  empties: boolean;
}

export async function findMarkers(
  server: Server,
): Promise<{ load: UnfinishedLoad | undefined; markers: Map<string, Marker> }> {
  let load: UnfinishedLoad | undefined;
  const markers = new Map<string, Marker>();
  for (const [table, rows, created, dataset, empties] of await server.read(readMarkers())) {
    if (table === '') load = { dataset: String(dataset), empties: empties === true };
    else markers.set(String(table), { rows: Number(rows), created: Number(created) });
  }
  return { load, markers };
}

/** What a load is resumed with has to be what it began with. */
export function fingerprintOf({ tables }: Dataset, { schema, settings }: LoadRequest): string {
  const files = [...tables].map(([table, { files: list }]) => [
    table,
    list.map(({ name, footer }) => [name, 'rows' in footer ? [footer.rows, footer.dataBytes] : 0]),
  ]);
  const how = [
    settings.append,
    settings.badRows.skip,
    settings.values,
    settings.server?.unsupportedAsJson,
  ];
  return createHash('sha256')
    .update(JSON.stringify([files, how, toCypher(schema)]))
    .digest('hex');
}

export function refuseUnfinished(
  server: Server,
  load: UnfinishedLoad,
  own: string,
  isResumed: boolean,
): void {
  if (isResumed && load.dataset === own) return;
  throw new KgloadError({
    code: 'LOAD_UNFINISHED',
    message: isResumed
      ? `the unfinished load at ${server.url} is of another dataset, or was told otherwise`
      : `${server.url} holds a part of a load that did not come to its end`,
    hint: isResumed
      ? 'resume with the same files, schema and flags, or begin anew: --fresh'
      : 'go on with it: the same command with --resume; or begin anew: --fresh',
  });
}
