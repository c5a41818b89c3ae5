import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import neo4j, { type Record as Neo4jRecord } from 'neo4j-driver';
import { ROOT } from './helpers.js';
import { neo4jMissing, startNeo4j, type Neo4jServer } from './neo4j.js';

/** The rows of a query that is not repeated: `executeQuery` would do so for half a minute. */
async function ask(
  { url, username, password }: Pick<Neo4jServer, 'url' | 'username' | 'password'>,
  query: string,
): Promise<Neo4jRecord[]> {
  const driver = neo4j.driver(url, neo4j.auth.basic(username, password));
  try {
    return (await driver.session().run(query)).records;
  } finally {
    await driver.close();
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the Neo4j server of the tests', { skip: neo4jMissing() }, () => {
  const starting = startNeo4j({ after });

  it('answers whoever knows the password', async () => {
    const server = await starting;
    const [record] = await ask(server, 'RETURN 1 AS one');
    assert.deepEqual(record?.get('one'), neo4j.int(1));
    await assert.rejects(ask({ ...server, password: 'another' }, 'RETURN 1'), {
      code: 'Neo.ClientError.Security.Unauthorized',
    });
  });

  it('has its data after it was killed', async () => {
    const server = await starting;
    await ask(server, 'UNWIND range(1, 1000) AS i CREATE (:Survivor {i: i})');
    const { pid } = server;
    await server.kill();
    assert.equal(isAlive(pid), false);
    await assert.rejects(ask(server, 'RETURN 1'), { code: 'ServiceUnavailable' });
    await server.restart();
    assert.notEqual(server.pid, pid);
    const [record] = await ask(server, 'MATCH (n:Survivor) RETURN count(n) AS n, sum(n.i) AS sum');
    assert.deepEqual([record?.get('n'), record?.get('sum')], [neo4j.int(1000), neo4j.int(500_500)]);
  });

  it('takes settings, asks for no password where it should not, and leaves nothing', async (t) => {
    const ends: (() => Promise<void>)[] = [];
    const server = await startNeo4j(
      { after: (fn) => ends.push(fn) },
      { auth: false, config: { 'dbms.memory.transaction.total.max': '10m' } },
    );
    t.after(() => server.stop());
    await ask({ ...server, password: 'another' }, 'RETURN 1');
    await assert.rejects(ask(server, 'UNWIND range(1, 1000000) AS i CREATE ()'), {
      code: 'Neo.TransientError.General.MemoryPoolOutOfMemoryError',
    });
    // A home that is read-only at its first start never gets its database.
    appendFileSync(server.config, 'server.databases.default_to_read_only=true\n');
    await server.restart();
    await assert.rejects(ask(server, 'CREATE ()'), {
      code: 'Neo.ClientError.General.WriteOnReadOnlyAccessDatabase',
    });
    for (const end of ends) await end();
    assert.equal(isAlive(server.pid), false);
    assert.equal(existsSync(server.home), false);
  });

  it('says why it does not start', async (t) => {
    const options = { auth: false, config: { 'server.memory.pagecache.size': 'much' } };
    await assert.rejects(
      startNeo4j(t, options),
      /^Error: Neo4j did not start: it ended with \d+\n.*pagecache/s,
    );
  });

  it('is there at `npm run neo4j`, and gone when that is killed', async (t) => {
    const script = spawn(process.execPath, [join(ROOT, 'dist', 'scripts', 'neo4j.js')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => script.kill('SIGKILL'));
    let stdout = '';
    script.stdout.setEncoding('utf8');
    for await (const text of script.stdout) {
      stdout += String(text);
      if (stdout.includes('Ctrl-C')) break;
    }
    const [, url = '', username = '', password = ''] =
      /^(bolt:.*)\nNEO4J_USERNAME=(.*) NEO4J_PASSWORD=(.*)\n/.exec(stdout) ?? [];
    assert.equal((await ask({ url, username, password }, 'RETURN 1')).length, 1);
    script.kill('SIGKILL');
    await once(script, 'exit');
    for (let tries = 0; tries < 100; tries += 1) {
      const answer = await ask({ url, username, password }, 'RETURN 1').catch(() => undefined);
      if (!answer) return;
      await sleep(100);
    }
    assert.fail(`${url} still answers`);
  });
});
