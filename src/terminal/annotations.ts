/** Problems as GitHub Actions shows them beside a job: workflow commands, one a line. */
import { existsSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { describeProblem } from '../log.js';
import type { Problem } from '../types.js';

/** Where the files of problems lie. */
export interface Places {
  /** Those of tables are named within it. */
  dataset?: string | undefined;
  /** The checkout: GitHub wants paths from there. */
  workspace: string;
}

/** `::error file=parquet/edges/calls.parquet,title=CALLS::…`; the runner reads it from either stream. */
export function annotation(kind: 'error' | 'warning', problem: Problem, places: Places): string {
  const { file, table, code } = problem;
  const properties = {
    ...(file !== undefined && { file: placeOf(problem, places) }),
    title: table === undefined ? `kgload ${code}` : `kgload ${code} ${table}`,
  };
  const list = Object.entries(properties).map(
    ([name, value]) => `${name}=${escapeProperty(value)}`,
  );
  return `::${kind} ${list.join(',')}::${escapeData(describeProblem(problem))}`;
}

/** A file of a table lies in the dataset, also one that is missing there. */
function placeOf({ file = '', table }: Problem, { dataset, workspace }: Places): string {
  const inDataset = dataset === undefined || isAbsolute(file) ? file : join(dataset, file);
  const isThere = existsSync(inDataset) || (table !== undefined && !existsSync(file));
  const path = resolve(isThere ? inDataset : file);
  const short = relative(workspace, path);
  return short.split(sep)[0] === '..' || isAbsolute(short) ? path : short;
}

/** As GitHub's toolkit escapes them (actions/toolkit, packages/core/src/command.ts). */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
