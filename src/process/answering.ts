/** The worker's part of a query: opens the database, and sends the rows as fast as they are taken. */
import { on } from 'node:events';
import { ask } from '../answer/ask.js';
import { CHECKPOINT } from '../cypher/statements.js';
import { databaseBytes, inspectDatabase, inspectTarget } from '../database/target.js';
import { openEngine, watchForWriters } from '../engine/engine.js';
import { defaultBufferPool } from '../engine/resources.js';
import type { Problem } from '../types.js';
import { BATCHES_AHEAD, type QueryMessage, type QueryTask } from './query.js';

/** There is Node besides. */
const POOL_SHARE = 0.7;

/** Answers a query; the database is left open, since what was prepared may not outlive it. */
export async function answerQuery(
  { database: path, question, memory }: QueryTask,
  send: (message: QueryMessage) => void,
): Promise<{ warnings: Problem[] }> {
  const target = inspectDatabase(path);
  if (question.write) inspectTarget(path);
  const { engine, storageVersion } = target.header;
  const bufferPool = Math.floor(Math.min(defaultBufferPool(), memory * POOL_SHARE));
  const database = openEngine(engine, target.path, { readOnly: !question.write, bufferPool });
  const check = watchForWriters(engine, target.path);
  const answer = await ask(database.connection, question);
  send({
    columns: [...answer.columns],
    database: {
      path,
      engine,
      version: database.version,
      storageVersion,
      bytes: databaseBytes(target.path),
    },
  });
  const taken = on(process, 'message');
  let ahead = 0;
  for await (const rows of answer.batches) {
    if (ahead >= BATCHES_AHEAD) {
      await taken.next();
      ahead -= 1;
    }
    send({ rows });
    ahead += 1;
  }
  if (question.write)
    await database.connection.query(CHECKPOINT); // It is not closed, which would do it.
  else check();
  return { warnings: answer.warnings() };
}
