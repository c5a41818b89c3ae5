/** The Cypher of Neo4j, as servers over Bolt take it: https://neo4j.com/docs/cypher-manual/5/ */
import type { Statement } from '../model/statement.js';

/** A name as it may stand anywhere; a backtick in it is doubled. */
export function symbol(name: string): string {
  return '`' + name.replaceAll('`', '``') + '`';
}

export function components(): Statement {
  return {
    cypher: 'CALL dbms.components() YIELD name, versions, edition RETURN name, versions, edition',
  };
}

/** Says who answers, and of which database. */
export function nothing(): Statement {
  return { cypher: 'RETURN 1' };
}
