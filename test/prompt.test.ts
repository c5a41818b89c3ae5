import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { codeGraph } from '../src/model/codegraph.js';
import { completionsOf } from '../src/terminal/completion.js';
import { addToHistory, historyFile, readHistory } from '../src/terminal/history.js';
import type { GraphSchema } from '../src/types.js';
import { scratch } from './helpers.js';

const COMMANDS = ['.help', '.tables'];

function completions(text: string, schema: GraphSchema = codeGraph): [string[], string] {
  return completionsOf(text, schema, COMMANDS);
}

describe('what is completed at the prompt', () => {
  it('tables after a colon, those of a pattern too', () => {
    assert.deepEqual(completions('MATCH (f:Fu'), [['Function'], 'Fu']);
    assert.deepEqual(completions('MATCH (f:File)-[:contains_'), [
      ['CONTAINS_CLASS', 'CONTAINS_FUNCTION', 'CONTAINS_VARIABLE'],
      'contains_',
    ]);
    assert.deepEqual(completions('MATCH ()-[:CALLS|INH'), [['INHERITS'], 'INH']);
  });

  it("properties after a dot: those of the variable's tables where that is known", () => {
    assert.deepEqual(completions('MATCH (c:Class) RETURN c.ba'), [['bases'], 'ba']);
    assert.deepEqual(completions('MATCH (c:Class)\nRETURN c.lang'), [[], 'lang']);
    assert.deepEqual(completions('MATCH (x) RETURN x.lang'), [['language'], 'lang']);
    assert.deepEqual(completions('MATCH (a)-[r:DECORATED_BY]->(b) RETURN r.'), [['position'], '']);
  });

  it('words of Cypher, and commands at the beginning', () => {
    assert.deepEqual(completions('MATCH (f) RET'), [['RETURN'], 'RET']);
    assert.deepEqual(completions('match (f) ret'), [['return'], 'ret']);
    assert.deepEqual(completions('.t'), [['.tables'], '.t']);
    assert.deepEqual(completions('MATCH (f) '), [[], '']);
  });

  it('names that need them with backticks', () => {
    const table = {
      name: 'a b',
      file: 'a_b',
      primaryKey: 'id',
      properties: [{ name: 'x-y', type: 'STRING' }],
    };
    const schema: GraphSchema = { nodes: [table], edges: [] };
    assert.deepEqual(completions('MATCH (n:', schema), [['`a b`'], '']);
    assert.deepEqual(completions('MATCH (n:`a b`) RETURN n.', schema), [['`x-y`'], '']);
  });
});

describe('the history of the prompt', () => {
  it('is a private file, the newest first, of no more than a thousand lines', (t) => {
    const home = scratch(t);
    const file = historyFile({}, home);
    assert.equal(file, join(home, '.local', 'state', 'kgload', 'history'));
    assert.equal(historyFile({ XDG_STATE_HOME: '/state' }, home), '/state/kgload/history');
    assert.equal(historyFile({ XDG_STATE_HOME: 'relative' }, home), file);
    assert.deepEqual(readHistory(file), []);
    addToHistory(file, 'RETURN 1;');
    addToHistory(file, 'RETURN 2;');
    assert.deepEqual(readHistory(file), ['RETURN 2;', 'RETURN 1;']);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    writeFileSync(file, Array.from({ length: 2500 }, (_, i) => `RETURN ${i};\n`).join(''));
    const lines = readHistory(file);
    assert.deepEqual(
      [lines.length, lines[0], lines.at(-1)],
      [1000, 'RETURN 2499;', 'RETURN 1500;'],
    );
    assert.equal(readFileSync(file, 'utf8').split('\n').length, 1001);
  });

  it('is none where it can not be written', () => {
    addToHistory('/dev/null/kgload/history', 'RETURN 1;');
    assert.deepEqual(readHistory('/dev/null/kgload/history'), []);
  });
});
