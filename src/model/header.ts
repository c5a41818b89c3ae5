/**
 * The names that neo4j-admin's import gives to columns: `personId:ID(Person)`, `:START_ID(Person)`, `age:int`.
 * https://neo4j.com/docs/operations-manual/current/import/#import-tool-header-format
 */

export interface Header {
  /** The property; of columns that are none what they are called here. */
  name: string;
  role?: 'ID' | 'START_ID' | 'END_ID' | 'LABEL' | 'TYPE';
  /** The ID space, by which endpoints belong to keys. */
  group?: string;
}

const NAMES = { ID: 'id', START_ID: 'from', END_ID: 'to', LABEL: 'label', TYPE: 'type' } as const;

const TYPES =
  'int|long|float|double|boolean|byte|short|char|string|point|date|localtime|time|localdatetime|datetime|duration|vector';

/** A column's name as such a header; nothing for any other name. */
export function readHeader(column: string): Header | undefined {
  const [, name = '', role, group] =
    /^([^:]*):(ID|START_ID|END_ID|LABEL|TYPE)(?:\(([^)]*)\))?$/.exec(column) ?? [];
  if (role !== undefined) {
    const known = role as keyof typeof NAMES;
    const shown = name === '' ? NAMES[known] : name;
    return { name: shown, role: known, ...(group !== undefined && { group }) };
  }
  const [, typed] = new RegExp(`^([^:]+):(?:${TYPES})(?:\\[\\])?$`).exec(column) ?? [];
  return typed === undefined ? undefined : { name: typed };
}

/** The column of a role. */
export function columnOfRole<T extends { name: string }>(
  columns: readonly T[],
  role: Header['role'],
): T | undefined {
  return columns.find(({ name }) => readHeader(name)?.role === role);
}
