import type { GraphSchema, NodeTable, Property, RelTable } from '../types.js';

/** The built-in schema: what code-explorer's analysers export. Tables stand in load order. */
export const codeGraph: GraphSchema = {
  nodes: [
    node('File', 'files', 'path STRING, language STRING, content_hash STRING'),
    node(
      'Function',
      'functions',
      'id STRING, name STRING, file STRING, start_line INT64, end_line INT64, is_public BOOLEAN, source_code STRING',
    ),
    node(
      'Class',
      'classes',
      'id STRING, name STRING, file STRING, start_line INT64, end_line INT64, bases STRING, is_public BOOLEAN, source_code STRING',
    ),
    node(
      'Variable',
      'variables',
      'id STRING, name STRING, file STRING, definition_line INT64, scope STRING',
    ),
    node(
      'Import',
      'imports',
      'id STRING, imported_name STRING, import_type STRING, alias STRING, line_number INT64, is_relative BOOLEAN, file STRING',
    ),
    node(
      'Decorator',
      'decorators',
      'id STRING, name STRING, file STRING, line_number INT64, arguments STRING',
    ),
    node(
      'Attribute',
      'attributes',
      'id STRING, name STRING, class_name STRING, file STRING, definition_line INT64, type_hint STRING, is_class_attribute BOOLEAN',
    ),
    node('Exception', 'exceptions', 'id STRING, name STRING, file STRING, line_number INT64'),
  ],
  edges: [
    rel('CONTAINS_FUNCTION', 'File', 'Function'),
    rel('CONTAINS_CLASS', 'File', 'Class'),
    rel('CONTAINS_VARIABLE', 'File', 'Variable'),
    rel('METHOD_OF', 'Function', 'Class'),
    rel('HAS_IMPORT', 'File', 'Import'),
    rel('HAS_ATTRIBUTE', 'Class', 'Attribute'),
    rel('DECORATED_BY', 'Function', 'Decorator', 'position INT64'),
    rel('REFERENCES', 'Function', 'Variable', 'line_number INT64, context STRING'),
    rel('ACCESSES', 'Function', 'Attribute', 'line_number INT64, access_type STRING'),
    rel('HANDLES_EXCEPTION', 'Function', 'Exception', 'line_number INT64, context STRING'),
    {
      ...rel('CALLS', 'Function', 'Function'),
      properties: [{ name: 'call_line', type: 'INT64', aliases: ['line_number'] }],
    },
    rel('INHERITS', 'Class', 'Class'),
  ],
};

function node(name: string, file: string, columns: string): NodeTable {
  const list = properties(columns);
  return { name, file, primaryKey: list[0]?.name ?? '', properties: list };
}

function rel(name: string, from: string, to: string, columns = ''): RelTable {
  return { name, file: name.toLowerCase(), from, to, properties: properties(columns) };
}

function properties(columns: string): Property[] {
  return columns
    .split(', ')
    .filter((column) => column !== '')
    .map((column) => {
      const [name = '', type = ''] = column.split(' ');
      return { name, type };
    });
}
export interface ChosenSchema {
  schema: GraphSchema;
  /** Where it came from: `the built-in code graph`, `schema.json`, … */
  source: string;
}
export const BUILT_IN: ChosenSchema = { schema: codeGraph, source: 'the built-in code graph' };
