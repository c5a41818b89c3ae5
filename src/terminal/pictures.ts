/** Graphs on stdout: pages, and diagrams for documents. */
import { KgloadError } from '../errors.js';
import type { Answer } from '../model/answer.js';
import type { Picture } from '../picture/picture.js';
import type { Io } from './output.js';

/** The formats of a graph. */
export const PICTURE_FORMATS = ['html', 'mermaid', 'dot'] as const;

export type PictureFormat = (typeof PICTURE_FORMATS)[number];

export function isPictureFormat(format: string | undefined): format is PictureFormat {
  return PICTURE_FORMATS.some((name) => name === format);
}

/**
 * A page is nothing for a terminal; said before there is any work.
 *
 * @throws {KgloadError} `USAGE`.
 */
export function checkPictureOutput(format: PictureFormat, { stdout }: Io): void {
  if (format !== 'html' || !stdout.isTTY) return;
  throw new KgloadError({
    code: 'USAGE',
    message: 'a page is nothing for a terminal',
    hint: 'write it to a file: --format html > graph.html',
  });
}

/**
 * The graph in an answer.
 *
 * @throws {KgloadError} `NO_PICTURE`.
 */
export async function collectAnswer(
  title: string,
  { batches }: Answer,
): Promise<{ picture: Picture; rows: number }> {
  const { collectPicture } = await import('../picture/collect.js');
  const collector = collectPicture();
  let count = 0;
  for await (const rows of batches) {
    count += rows.length;
    for (const row of rows) collector.add(row);
  }
  return { picture: collector.picture(title), rows: count };
}

export async function printPicture(picture: Picture, format: PictureFormat, io: Io): Promise<void> {
  io.stdout.write(await TEXTS[format](picture));
}

const TEXTS: Record<PictureFormat, (picture: Picture) => Promise<string>> = {
  html: async (picture) => (await import('../picture/html.js')).toHtml(picture),
  mermaid: async (picture) => (await import('../picture/mermaid.js')).toMermaid(picture),
  dot: async (picture) => (await import('../picture/dot.js')).toDot(picture),
};
