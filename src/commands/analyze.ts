import type { Command } from 'commander';
import { plural } from '../format.js';
import { analyzedTables } from '../terminal/analyzed.js';
import { analyzeDocument } from '../terminal/documents.js';
import { type Io, printJson, printLines, widthOf } from '../terminal/output.js';
import { addAnalyzeOptions, type AnalyzeFlags, analyzeOptions, showAnalysis } from './analyzing.js';
import { whileInterruptible } from './interruptible.js';

export function define(command: Command): void {
  command
    .argument('<root>', 'the directory in which the sources lie')
    .argument('<dataset>', 'the directory that is written; a dataset that is there is replaced');
  addAnalyzeOptions(command);
  command.addHelpText(
    'after',
    `
Writes the tables of the code graph: files, functions, classes, calls and more.
Of what changes between two runs only that is parsed again. docs/analyze.md says
which files are taken, what is resolved, and what is not.

Examples:
  # from sources to answers
  kgload analyze ./src parquet
  kgload load parquet --db graph.db --fresh
  kgload ask callers Cart.total --db graph.db
  # leave tests out, and take files of another name for Python
  kgload analyze . parquet --exclude 'tests/' --language 'SConstruct=python'`,
  );
}

export async function run(
  [root = '', dataset = '']: string[],
  flags: AnalyzeFlags,
  io: Io,
): Promise<{ code: number; done: string }> {
  const report = await whileInterruptible(io, flags, { dataset }, async () =>
    showAnalysis(root, dataset, analyzeOptions(flags), io, flags),
  );
  const { totalNodes, totalEdges, nodeRows, errors } = report;
  const files = nodeRows['File'] ?? 0;
  const failed = errors.length > 0 ? `; ${plural(errors.length, 'problem')}` : '';
  const done = `wrote ${plural(totalNodes, 'node')} and ${plural(totalEdges, 'edge')} of ${plural(files, 'file')} into ${dataset}${failed}`;
  if (flags.json) printJson(io, analyzeDocument(report));
  else if (!flags.quiet) {
    printLines(io, [...analyzedTables(report, widthOf(io.stdout)), '']);
    printLines(io, [done], io.stdout, errors.length > 0 ? 'red' : 'green');
  }
  return { code: errors.length > 0 ? 1 : 0, done };
}
