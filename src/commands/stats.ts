import type { Command } from 'commander';
import { formatBytes, formatCount, formatTable } from '../format.js';
import { printJson, printLines, type Io, type OutputFlags } from '../output.js';
import { readStats } from '../stats.js';
import { drive } from '../steps.js';
import type { DatabaseStats } from '../types.js';

interface Flags extends OutputFlags {
  db: string;
}

export function define(command: Command): void {
  command.requiredOption('--db <path>', 'database file; it is opened read-only').addHelpText(
    'after',
    `
Examples:
  kgload stats --db graph.db
  kgload stats --db graph.db --json | jq .nodes.Function`,
  );
}

export async function run(_args: string[], flags: Flags, io: Io): Promise<number> {
  const stats = await drive(readStats(flags.db));
  if (flags.json) printJson(io, toJson(stats));
  else printLines(io, toTable(stats));
  return 0;
}

function toJson({ totalNodes, totalEdges, nodes, edges, database }: DatabaseStats): unknown {
  const { path, engine, version, storageVersion, bytes } = database;
  return {
    total_nodes: totalNodes,
    total_edges: totalEdges,
    nodes,
    edges,
    database: { path, engine, version, storage_version: storageVersion, bytes },
  };
}

function toTable({ totalNodes, totalEdges, nodes, edges, database }: DatabaseStats): string[] {
  const { path, engine, version, storageVersion, bytes } = database;
  const lineOf = ([table, rows]: [string, number]): string[] => [table, formatCount(rows)];
  const lines = formatTable([
    ['table', 'rows'],
    null,
    ...Object.entries(nodes).map(lineOf),
    ['nodes', formatCount(totalNodes)],
    null,
    ...Object.entries(edges).map(lineOf),
    ['edges', formatCount(totalEdges)],
  ]);
  return [
    `${path}: ${engine} ${version}, storage version ${storageVersion}, ${formatBytes(bytes)}`,
    '',
    ...lines,
  ];
}
