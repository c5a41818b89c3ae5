/** What a database holds, exactly: Cypher that takes values apart, and the values put together again. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deserialize } from 'node:v8';
import type { EngineName } from '../src/types.js';
import type { Answer, Question } from './oracle-ask.js';
import { dateOf, dateText, intervalOf, timestampOf } from './oracle-rules.js';
import { cypherType, NANOS, plainText, type Type, type Value } from './oracle-types.js';

const PACKAGES: Record<EngineName, string> = { kuzu: 'kuzu', ladybug: '@ladybugdb/core' };
const ASK = fileURLToPath(new URL('oracle-ask.js', import.meta.url));

/** The answers to statements; one that crashes the engine is an error, too. */
export function ask(
  engine: EngineName,
  database: string,
  statements: string[],
  readOnly = true,
): Answer[] {
  const file = `${database}.answers`;
  const question: Question = { package: PACKAGES[engine], database, readOnly, statements };
  const { status, signal, stderr } = spawnSync(process.execPath, [ASK, file], {
    input: JSON.stringify(question),
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (existsSync(file)) {
    const answers = deserialize(readFileSync(file)) as Answer[];
    rmSync(file);
    return answers;
  }
  const end = signal ?? `exit code ${String(status)}`;
  const error = `the engine ended with ${end}: ${stderr.slice(0, 300)}`;
  if (statements.length === 1) return [{ error }];
  return statements.flatMap((statement) => ask(engine, database, [statement], readOnly));
}

/** How the values of a type are fetched. */
interface Reader {
  /** What each row returns: for every leaf a value, list or list of lists. */
  expressions: string[];
  /**
   * Puts a value together from these. `raw` is what the engine's Node package makes of the value
   * itself: it says what is null, and little else exactly.
   */
  read: (cells: readonly unknown[], raw: unknown) => Value;
}

/** Reads `x`, an expression of a type. */
export function readerOf(type: Type, x: string, depth = 0): Reader {
  switch (type.is) {
    case 'list':
    case 'array': {
      // The engine's lambdas take lists alone, and crash where arrays of arrays are cast one by one.
      const isChain = (t: Type): boolean => t.is === 'array' || (t.is === 'list' && isChain(t.of));
      const list = isChain(type) ? `CAST(${x}, '${cypherType(asLists(type))}')` : x;
      return listReader(asLists(type.of), list, depth);
    }
    case 'struct': {
      const readers = type.fields.map((field) =>
        readerOf(field.type, `struct_extract(${x}, '${field.name}')`, depth),
      );
      return together(readers, (parts, raw) =>
        type.fields.map(
          (field, i) => parts[i]?.((raw as Record<string, unknown>)[field.name]) ?? null,
        ),
      );
    }
    case 'map': {
      const keys = listReader(type.key, `map_keys(${x})`, depth);
      const values = listReader(type.value, `map_values(${x})`, depth);
      return together([keys, values], ([readKeys, readValues], raw) => {
        const object = raw as Record<string, unknown>;
        const length = Object.keys(object).length;
        const found = readKeys?.(Array.from({ length }, () => undefined)) as Value[];
        const rawValues = found.map((key) => object[rawKey(type.key, key)]);
        const items = readValues?.(rawValues) as Value[];
        return { entries: found.map((key, i) => [key, items[i] ?? null] as const) };
      });
    }
    default: {
      const isPrinted = !(
        ['bool', 'string', 'blob', 'float'].includes(type.is) ||
        (type.is === 'int' && type.bits <= 32)
      );
      return {
        expressions: [isPrinted ? `CAST(${x}, 'STRING')` : x],
        read: ([cell], raw) => {
          if (raw === null) return null;
          // Ladybug 0.19.1 gives items of other rows to some lambdas.
          const isRounded = typeof raw === 'number' && type.is === 'int';
          const isExact = ['string', 'bool'].includes(type.is) && raw !== undefined;
          if (depth > 0 && (isRounded ? Number(cell) !== raw : isExact && cell !== raw)) {
            throw new Error(`the engine gives ${JSON.stringify(raw)}, and apart ${String(cell)}`);
          }
          return scalarOf(type, cell);
        },
      };
    }
  }
}

/** A list's items, and nested arrays as the lists that they were cast to. */
function asLists(type: Type): Type {
  return type.is === 'list' || type.is === 'array' ? { is: 'list', of: asLists(type.of) } : type;
}

function listReader(of: Type, list: string, depth: number): Reader {
  const item = `e${depth}`;
  const inner = readerOf(of, item, depth + 1);
  return {
    expressions: inner.expressions.map((expression) =>
      expression === item ? list : `list_transform(${list}, ${item} -> ${expression})`,
    ),
    read: (cells, raw) => {
      if (raw === null) return null;
      const items = raw as readonly unknown[];
      for (const cell of cells) {
        if (!Array.isArray(cell) || cell.length !== items.length) {
          throw new Error(`the engine gives ${items.length} items, and apart ${String(cell)}`);
        }
      }
      return items.map((rawItem, i) =>
        inner.read(
          cells.map((cell) => (cell as unknown[])[i]),
          rawItem,
        ),
      );
    },
  };
}

/** Readers side by side. */
function together(
  readers: readonly Reader[],
  combine: (parts: readonly ((raw: unknown) => Value)[], raw: unknown) => Value,
): Reader {
  return {
    expressions: readers.flatMap((reader) => reader.expressions),
    read: (cells, raw) => {
      if (raw === null) return null;
      let at = 0;
      const parts = readers.map(({ expressions, read }) => {
        const own = cells.slice(at, at + expressions.length);
        at += expressions.length;
        return (rawPart: unknown) => read(own, rawPart);
      });
      return combine(parts, raw);
    },
  };
}

/** A map's key as the name in the object that the engine's Node package makes of it. */
function rawKey(type: Type, key: Value): string {
  return type.is === 'date' ? dateText(key as bigint) : plainText(key);
}

function scalarOf(type: Type, cell: unknown): Value {
  if (cell === null || cell === undefined) return null;
  switch (type.is) {
    case 'int':
      return BigInt(cell as number | string);
    case 'decimal':
      // Both engines print −0.05 as `0.-5`.
      return (
        BigInt((cell as string).replaceAll(/[-.]/g, '')) *
        ((cell as string).includes('-') ? -1n : 1n)
      );
    case 'date':
      return dateOf(cell as string);
    case 'timestamp':
      return timestampOf(cell as string) / NANOS[type.unit];
    case 'interval':
      return intervalOf(cell as string);
    default:
      return cell as Value;
  }
}
