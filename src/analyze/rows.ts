/** The facts of a file as rows of the code graph's tables. */
import type { OwnFacts, Resolved, Symbols, Target } from './facts.js';
import { idOf, makeId } from './ids.js';
import type { Tables } from './tables.js';

/** A source file, as its row says. */
export interface FileRow {
  path: string;
  language: string;
  /** SHA-256 of its bytes, in hex. */
  hash?: string;
  /** Milliseconds since 1970. */
  modified: number;
}

export function addFile({ add }: Tables, { path, language, hash, modified }: FileRow): void {
  add('File', [path, language, hash ?? null, new Date(Math.floor(modified))]);
}

/**
 * The nodes of a file, and the edges that it tells of by itself.
 *
 * @param text - Where the source code of functions and classes is taken from; NULL without.
 */
export function addNodes(
  { add }: Tables,
  file: string,
  { symbols, decorators, exceptions }: OwnFacts,
  text: string | undefined,
): void {
  const { functions, classes } = symbols;
  const code = ({ start, end }: { start: number; end: number }): string | null =>
    text === undefined ? null : text.slice(start, end);
  for (const fact of functions) {
    const { name, startLine, endLine, isPublic } = fact;
    const id = functionId(file, fact);
    add('Function', [id, name, file, startLine, endLine, isPublic, code(fact)]);
    add('CONTAINS_FUNCTION', [file, id]);
  }
  for (const fact of classes) {
    const { name, startLine, endLine, bases, isPublic } = fact;
    const id = classId(file, fact);
    const list = bases.length > 0 ? bases.join(',') : null;
    add('Class', [id, name, file, startLine, endLine, list, isPublic, code(fact)]);
    add('CONTAINS_CLASS', [file, id]);
  }
  for (const fact of symbols.variables) {
    const { name, line, scope } = fact;
    const id = idOf('Variable', file, fact);
    add('Variable', [id, name, file, line, scope]);
    add('CONTAINS_VARIABLE', [file, id]);
  }
  for (const attribute of symbols.attributes) {
    const { name, line, typeHint, isClassAttribute } = attribute;
    const id = idOf('Attribute', file, attribute);
    const owner = classes[attribute.class];
    const ownerName = owner?.name ?? null;
    add('Attribute', [id, name, ownerName, file, line, orNull(typeHint), isClassAttribute]);
    if (owner) add('HAS_ATTRIBUTE', [classId(file, owner), id]);
  }
  const importIds = numbered('Import', file);
  for (const { module, name, alias = null, ...rest } of symbols.imports) {
    const { importedName, importType, line, isRelative } = rest;
    const id = importIds(name === undefined ? `import ${module}` : `import ${module} ${name}`);
    add('Import', [id, importedName, importType, alias, line, isRelative, file]);
    add('HAS_IMPORT', [file, id]);
  }
  const decoratorIds = numbered('Decorator', file);
  for (const { name, arguments: given, line, function: at, position } of decorators) {
    const decorated = functions[at];
    if (!decorated) continue;
    const id = decoratorIds(`${decorated.qualifiedName} @${name}`);
    add('Decorator', [id, name, file, line, orNull(given)]);
    add('DECORATED_BY', [functionId(file, decorated), id, position]);
  }
  const exceptionIds = numbered('Exception', file);
  for (const { name, line, function: at, context } of exceptions) {
    const handling = functions[at];
    if (!handling) continue;
    const id = exceptionIds(`${handling.qualifiedName} ${context} ${name}`);
    add('Exception', [id, name, file, line]);
    add('HANDLES_EXCEPTION', [functionId(file, handling), id, line, context]);
  }
}

/** The edges of a file to what may be in others. */
export function addEdges(
  { add }: Tables,
  file: string,
  { functions }: Symbols,
  resolved: Resolved,
  symbolsOf: (file: string) => Symbols | undefined,
): void {
  const ownId = (at: number): string | undefined => {
    const fact = functions[at];
    return fact && functionId(file, fact);
  };
  const functionAt = ({ file, at }: Target): string | undefined => {
    const fact = symbolsOf(file)?.functions[at];
    return fact && functionId(file, fact);
  };
  const classAt = ({ file, at }: Target): string | undefined => {
    const fact = symbolsOf(file)?.classes[at];
    return fact && classId(file, fact);
  };
  const edge = (
    table: string,
    from: string | undefined,
    to: string | undefined,
    ...rest: (string | number)[]
  ): void => {
    // The resolver names what it found in the same facts.
    if (from === undefined || to === undefined)
      throw new Error(`${table} of ${file} leads nowhere`);
    add(table, [from, to, ...rest]);
  };
  functions.forEach((fact, at) => {
    if (fact.class === undefined) return;
    edge('METHOD_OF', ownId(at), classAt({ file, at: fact.class }));
  });
  for (const { from, to } of resolved.methods) edge('METHOD_OF', ownId(from), classAt(to));
  for (const { from, to, line, context } of resolved.references) {
    if (from < 0) continue; // In no function.
    const fact = symbolsOf(to.file)?.variables[to.at];
    const id = fact && idOf('Variable', to.file, fact);
    edge('REFERENCES', ownId(from), id, line, context);
  }
  for (const { from, to, line, access } of resolved.accesses) {
    if (from < 0) continue;
    const fact = symbolsOf(to.file)?.attributes[to.at];
    const id = fact && idOf('Attribute', to.file, fact);
    edge('ACCESSES', ownId(from), id, line, access);
  }
  for (const { from, to, line, rule } of resolved.calls) {
    edge('CALLS', ownId(from), functionAt(to), line, rule);
  }
  for (const { from, to } of resolved.inherits) edge('INHERITS', classAt(from), classAt(to));
}

function functionId(file: string, fact: { qualifiedName: string; ordinal: number }): string {
  return idOf('Function', file, fact);
}

function classId(file: string, fact: { qualifiedName: string; ordinal: number }): string {
  return idOf('Class', file, fact);
}

/** Ids of what has no name of its own: what it is, and its place among those of the file that are alike. */
function numbered(table: Parameters<typeof makeId>[0], file: string): (what: string) => string {
  const seen = new Map<string, number>();
  return (what) => {
    const ordinal = seen.get(what) ?? 0;
    seen.set(what, ordinal + 1);
    return makeId(table, file, what, ordinal);
  };
}

function orNull(text: string): string | null {
  return text === '' ? null : text;
}
