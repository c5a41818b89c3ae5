/** By what people know a node: properties that name it, and that say where it stands. */
import type { Property } from '../types.js';

/** Properties of a node table by their use; each where there is one. */
export interface LabelProperties {
  /** Its name. */
  label?: Property;
  /** The file that it stands in. */
  file?: Property;
  /** The line in that file. */
  line?: Property;
}

/** In the order in which they are preferred, in lower case without signs. */
const LABELS = ['name', 'title', 'label', 'displayname', 'fullname', 'importedname', 'path'];
const FILES = ['file', 'filepath', 'filename', 'sourcefile', 'path'];
const LINES = ['startline', 'definitionline', 'linenumber', 'line', 'lineno'];

/** The properties by which a node of a table is named; of `Movie`, `movie_title` is a title too. */
export function labelProperties(table: {
  name: string;
  properties: readonly Property[];
}): LabelProperties {
  const own = plain(table.name);
  const find = (words: readonly string[], type: RegExp, taken?: Property): Property | undefined => {
    const fitting = table.properties.filter(
      (property) => property !== taken && type.test(property.type),
    );
    return words
      .flatMap((word) => [word, own + word])
      .map((word) => fitting.find(({ name }) => plain(name) === word))
      .find((property) => property !== undefined);
  };
  const label = find(LABELS, /^STRING$/i);
  const file = find(FILES, /^STRING$/i, label);
  const line = file && find(LINES, /^U?INT(8|16|32|64)?$/i);
  return { ...(label && { label }), ...(file && { file }), ...(line && { line }) };
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
