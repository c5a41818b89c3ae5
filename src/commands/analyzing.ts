/** An analysis with its progress on the screen: of `kgload analyze`, and of a load of sources. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { AnalyzeOptions, AnalyzeReport } from '../analyze/report.js';
import { onInterrupt } from '../process/interrupt.js';
import { removeScratch } from '../scratch.js';
import { printNotes } from '../terminal/analyzed.js';
import {
  createProgress,
  type Io,
  type OutputFlags,
  printProblem,
  printWarnings,
} from '../terminal/output.js';
import { byteSize, positiveNumber } from './arguments.js';

export interface AnalyzeFlags extends OutputFlags {
  language?: string[];
  exclude?: string[];
  source?: boolean;
  jobs?: number;
  maxSize?: number;
  cache?: boolean;
}

/** A smaller limit would leave out what people write. */
const MIN_SIZE = 1_000;

export function addAnalyzeOptions(command: Command): void {
  command
    .optionsGroup('Files:')
    .addOption(
      new Option(
        '--language <name>',
        'these languages alone, or pattern=language: that of files with other names; more than once',
      ).argParser(collect),
    )
    .addOption(
      new Option(
        '--exclude <pattern>',
        'leave files out, as in .gitignore; !pattern brings back; more than once',
      ).argParser(collect),
    )
    .addOption(
      new Option('--max-size <size>', 'only name a larger file')
        .argParser((text: string) => byteSize(text, MIN_SIZE))
        .default(undefined, '2MB'),
    )
    .optionsGroup('Dataset:')
    .option('--no-source', 'leave source_code empty')
    .option('--no-cache', 'parse every file, and keep nothing for the next run')
    .optionsGroup('Resources:')
    .addOption(
      new Option('--jobs <n>', 'files to parse at a time')
        .argParser(positiveNumber)
        .default(undefined, 'one a core, eight at most'),
    );
}

function collect(text: string, before: string[] | undefined): string[] {
  if (text === '') throw new InvalidArgumentError('It is empty.');
  return [...(before ?? []), text];
}

/** The flags as what the library takes. */
export function analyzeOptions(flags: AnalyzeFlags): AnalyzeOptions {
  const { language = [], exclude, jobs, maxSize, source, cache } = flags;
  const assigned = language.filter((text) => text.includes('='));
  const languages = language.filter((text) => !text.includes('='));
  const assign = assigned.map((text) => {
    const at = text.lastIndexOf('=');
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  return {
    ...(languages.length > 0 && { languages }),
    assign: Object.fromEntries(assign),
    ...(exclude && { exclude }),
    ...(jobs !== undefined && { jobs }),
    ...(maxSize !== undefined && { maxSize }),
    ...(source !== undefined && { source }),
    ...(cache !== undefined && { cache }),
  };
}

/** Analyses, after which nothing stays if a signal ends it; tells of problems and notes. */
export async function showAnalysis(
  root: string,
  dataset: string,
  options: AnalyzeOptions,
  io: Io,
  flags: OutputFlags,
): Promise<AnalyzeReport> {
  const { analyze } = await import('../analyze/analyze.js');
  const progress = await createProgress(io, flags);
  let scratch: string | undefined;
  const stopListening = onInterrupt(() => {
    if (scratch !== undefined) removeScratch(scratch);
  });
  let report: AnalyzeReport;
  try {
    report = await analyze(root, dataset, {
      ...options,
      onEvent(event) {
        if (event.type === 'staged') scratch = event.directory;
        progress.show(event);
      },
    });
  } finally {
    stopListening();
    progress.stop();
  }
  if (!flags.quiet) printNotes(io, report, flags);
  if (!flags.quiet) printWarnings(io, report.warnings, flags);
  for (const error of report.errors) printProblem(io, 'error', error);
  return report;
}
