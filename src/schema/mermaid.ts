/** A schema as a diagram. */
import { multiplicitiesOf } from '../model/tables.js';
import type { GraphSchema, Multiplicity } from '../types.js';

/** The schema as a Mermaid entity-relationship diagram; names are quoted, since some are keywords. */
export function toMermaid(schema: GraphSchema): string {
  const lines = ['erDiagram'];
  for (const { name, primaryKey, properties } of schema.nodes) {
    lines.push(`    "${name}" {`);
    for (const property of properties) {
      const key = property.name === primaryKey ? ' PK' : '';
      lines.push(`        ${word(property.type)} ${word(property.name)}${key}`);
    }
    lines.push('    }');
  }
  for (const table of schema.edges) {
    const label = [table.name, ...table.properties.map((property) => property.name)];
    for (const { from, to, multiplicity } of multiplicitiesOf(table)) {
      lines.push(`    "${from}" ${CROWS_FEET[multiplicity]} "${to}" : "${label.join(' · ')}"`);
    }
  }
  return lines.join('\n') + '\n';
}

/** Mermaid's grammar wants types and names of attributes without blanks and most signs. */
function word(text: string): string {
  return text.replace(/\s+/g, '').replace(/[^\w[\]()-]/g, '_');
}

const CROWS_FEET: Record<Multiplicity, string> = {
  MANY_MANY: '}o--o{',
  MANY_ONE: '}o--o|',
  ONE_MANY: '|o--o{',
  ONE_ONE: '|o--o|',
};
