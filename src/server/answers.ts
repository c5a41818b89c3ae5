/** Values as the driver hands them out, as the plain ones of an answer. */
import { blobText } from '../answer/native.js';
import type { DriverModule } from '../bolt/driver.js';
import type { Value } from '../model/answer.js';

/**
 * What makes plain values: integers are numbers where these hold them, bytes are text, and so is all
 * that has to do with time, in the form that the server's Cypher reads.
 */
export function plainValues(neo4j: DriverModule): (given: unknown) => Value {
  const plain = (given: unknown): Value => {
    switch (typeof given) {
      case 'string':
      case 'boolean':
      case 'number':
        return given;
      case 'bigint':
        return Number.isSafeInteger(Number(given)) ? Number(given) : given;
      case 'object':
        return given === null ? null : ofObject(given);
      default:
        return null;
    }
  };
  const fieldsOf = (given: object): Record<string, Value> =>
    Object.fromEntries(Object.entries(given).map(([name, value]) => [name, plain(value)]));
  const entity = (head: Record<string, string>, properties: object): Value =>
    // What the properties of nodes imported from elsewhere may be called as well.
    ({ ...head, ...fieldsOf(properties), ...head });

  const ofObject = (given: object): Value => {
    if (Array.isArray(given)) return given.map(plain);
    if (given instanceof Int8Array) {
      return blobText(new Uint8Array(given.buffer, given.byteOffset, given.length));
    }
    if (neo4j.isNode(given)) {
      const { elementId, labels, properties } = given;
      return entity({ _id: elementId, _label: labels.join(':') }, properties);
    }
    if (neo4j.isRelationship(given)) {
      const { elementId, type, startNodeElementId, endNodeElementId, properties } = given;
      const ends = { _src: startNodeElementId, _dst: endNodeElementId };
      return entity({ _id: elementId, _label: type, ...ends }, properties);
    }
    if (neo4j.isPath(given)) {
      const { start, segments } = given;
      const nodes = [start, ...segments.map(({ end }) => end)];
      return {
        _nodes: nodes.map(plain),
        _rels: segments.map(({ relationship }) => plain(relationship)),
      };
    }
    if (neo4j.isPoint(given)) {
      const { srid, x, y, z } = given;
      return { srid: plain(srid), x, y, ...(z !== undefined && { z }) };
    }
    if (isTemporal(neo4j, given)) return temporalText(given);
    if (ArrayBuffer.isView(given)) return Array.from(given as unknown as ArrayLike<unknown>, plain);
    return fieldsOf(given);
  };
  return plain;
}

function isTemporal(neo4j: DriverModule, given: object): boolean {
  return (
    neo4j.isDate(given) ||
    neo4j.isLocalDateTime(given) ||
    neo4j.isDateTime(given) ||
    neo4j.isDuration(given) ||
    neo4j.isLocalTime(given) ||
    neo4j.isTime(given)
  );
}

/** The driver writes all nine digits of a fraction, or none. */
function temporalText(given: object): string {
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- They have one of their own.
  return String(given).replace(/\.(\d*?)0*(?=\D|$)/, (_, digits: string) =>
    digits === '' ? '' : `.${digits}`,
  );
}
