import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Answer, Value } from '../src/model/answer.js';
import {
  type AnswerDocument,
  type AnswerFormat,
  defaultFormat,
  printAnswer,
} from '../src/terminal/answers.js';
import type { Io } from '../src/terminal/output.js';

/** An answer in batches of two rows. */
function answerOf(columns: string[], rows: Value[][]): Answer {
  const batches = async function* (): AsyncGenerator<Value[][]> {
    for (let i = 0; i < rows.length; i += 2) yield await Promise.resolve(rows.slice(i, i + 2));
  };
  return { columns, batches: batches() };
}

/** The world of a command, with a terminal of some width or a file for its output. */
function world(columns?: number): { io: Io; text: () => string } {
  let text = '';
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      setImmediate(done);
    },
    highWaterMark: 64,
  });
  Object.assign(stdout, columns === undefined ? {} : { isTTY: true, columns });
  return { io: { stdout, stderr: stdout } as unknown as Io, text: () => text };
}

async function printed(
  answer: Answer,
  format: AnswerFormat,
  { columns, document }: { columns?: number; document?: AnswerDocument } = {},
): Promise<string> {
  const { io, text } = world(columns);
  await printAnswer(answer, format, io, document);
  await promisify(io.stdout.end.bind(io.stdout))();
  return text();
}

const COLUMNS = ['name', 'n', 'more'];
const ROWS: Value[][] = [
  ['Ann', 1, null],
  ['a "quoted", name', 9007199254740993n, ['x', { y: -0 }]],
  ['', -2.5, { _id: '0:1', _label: 'A', big: 18446744073709551615n }],
];

describe('an answer', () => {
  it('is CSV with every digit, in which NULL is nothing and empty text is quoted', async () => {
    assert.equal(
      await printed(answerOf(COLUMNS, ROWS), 'csv'),
      [
        'name,n,more',
        'Ann,1,',
        '"a ""quoted"", name",9007199254740993,"[""x"",{""y"":-0}]"',
        '"",-2.5,"{""_id"":""0:1"",""_label"":""A"",""big"":18446744073709551615}"',
        '',
      ].join('\n'),
    );
    assert.equal(
      await printed(answerOf(['x'], [[null], ['a\nb'], [' c']]), 'csv'),
      'x\n""\n"a\nb"\n" c"\n',
    );
    assert.equal(await printed(answerOf([], []), 'csv'), '');
  });

  it('is NDJSON, a line a row', async () => {
    assert.equal(
      await printed(answerOf(COLUMNS, ROWS), 'ndjson'),
      [
        '{"name":"Ann","n":1,"more":null}',
        '{"name":"a \\"quoted\\", name","n":9007199254740993,"more":["x",{"y":-0}]}',
        '{"name":"","n":-2.5,"more":{"_id":"0:1","_label":"A","big":18446744073709551615}}',
        '',
      ].join('\n'),
    );
    const special = answerOf(['x'], [[NaN], [Infinity], [-Infinity], [true], ['\u2028\u0007']]);
    assert.equal(
      await printed(special, 'ndjson'),
      '{"x":"NaN"}\n{"x":"Infinity"}\n{"x":"-Infinity"}\n{"x":true}\n{"x":"\u2028\\u0007"}\n',
    );
    assert.equal(
      await printed(answerOf(['x', 'x', 'x_2'], [[1, 2, 3]]), 'ndjson'),
      '{"x":1,"x_3":2,"x_2":3}\n',
    );
  });

  it('is one JSON document, also where it fails in the middle', async () => {
    const document: AnswerDocument = {
      head: { database: { path: 'g.db', engine: 'kuzu' } },
      problems: () => ({ errors: [], warnings: [{ code: 'ENGINE', message: 'm' }] }),
    };
    const text = await printed(answerOf(['a'], [[1], ['x'], [null]]), 'json', { document });
    assert.match(text, /^\{\n {2}"database": \{\n {4}"path": "g.db",\n/);
    assert.match(text, /\n {2}"rows": \[\n {4}\{"a":1\},\n {4}\{"a":"x"\},\n/);
    assert.deepEqual(JSON.parse(text), {
      database: { path: 'g.db', engine: 'kuzu' },
      columns: ['a'],
      rows: [{ a: 1 }, { a: 'x' }, { a: null }],
      errors: [],
      warnings: [{ code: 'ENGINE', message: 'm' }],
    });
    assert.deepEqual(JSON.parse(await printed(answerOf(['a'], []), 'json')), {
      columns: ['a'],
      rows: [],
      errors: [],
      warnings: [],
    });

    const failing: Answer = {
      columns: ['a'],
      batches: (async function* () {
        yield await Promise.resolve([[1]]);
        throw new Error('the engine is gone');
      })(),
    };
    const { io, text: soFar } = world();
    const errors = [{ code: 'ENGINE', message: 'gone' }] as const;
    const print = printAnswer(failing, 'json', io, { problems: () => ({ errors, warnings: [] }) });
    await assert.rejects(print, /the engine is gone/);
    assert.deepEqual(JSON.parse(soFar()), {
      columns: ['a'],
      rows: [{ a: 1 }],
      errors,
      warnings: [],
    });
  });

  it('is a Markdown table whatever the text holds', async () => {
    assert.equal(
      await printed(
        answerOf(
          ['__init__', 'n'],
          [
            ['a|b\n<i>', 1],
            ['`c`', null],
          ],
        ),
        'markdown',
      ),
      '| \\_\\_init\\_\\_ | n |\n| --- | ---: |\n| a\\|b<br>\\<i\\> | 1 |\n| \\`c\\` | NULL |\n',
    );
    assert.equal(await printed(answerOf(['a'], []), 'markdown'), '| a |\n| --- |\n');
  });

  it('is a table, whole in a file and fitted to a window', async () => {
    const rows: Value[][] = [
      ['日本語のテキスト', 1234, 'short'],
      ['\u001b[31mred\n', 5, 'a text that is longer than there is room for'],
    ];
    const answer = (): Answer => answerOf(['text', 'n', 'more'], rows);
    assert.equal(
      await printed(answer(), 'table'),
      [
        'text                 n  more',
        '─'.repeat(16 + 2 + 4 + 2 + 44),
        '日本語のテキスト  1234  short',
        '\\u001b[31mred\\n      5  a text that is longer than there is room for',
        '',
      ].join('\n'),
    );
    assert.equal(
      await printed(answer(), 'table', { columns: 30 }),
      [
        'text            n  more',
        '─'.repeat(30),
        '日本語のテ…  1234  short',
        '\\u001b[31m…     5  a text tha…',
        '',
      ].join('\n'),
    );
    const { io, text } = world(13);
    const { hidden, rows: count } = await printAnswer(
      answerOf(['aaaa', 'bbbb', 'cccc', 'dddd'], [['1', '2', '3', '4']]),
      'table',
      io,
    );
    assert.deepEqual([hidden, count], [['cccc', 'dddd'], 1]);
    assert.equal(text(), 'aaaa  bbbb  …\n─────────────\n1     2     …\n');
  });

  it('is a table on a terminal and CSV elsewhere, unless something is said', () => {
    assert.equal(defaultFormat(world(80).io), 'table');
    assert.equal(defaultFormat(world().io), 'csv');
  });

  it('is not waited for where nobody reads any more', async () => {
    let taken = 0;
    let isEnded = false;
    const endless: Answer = {
      columns: ['a'],
      batches: (async function* () {
        try {
          for (;;) {
            taken += 1;
            yield await Promise.resolve([[taken]]);
          }
        } finally {
          isEnded = true;
        }
      })(),
    };
    const { io } = world();
    const print = printAnswer(endless, 'ndjson', io);
    setTimeout(() => {
      io.stdout.destroy();
    }, 20);
    await print;
    assert.ok(isEnded);
  });
});
