/**
 * Starts a Neo4j server to try kgload on, until Ctrl-C: `npm run neo4j`. It listens on a free port of
 * 127.0.0.1 and keeps nothing.
 *
 *     node dist/scripts/neo4j.js [--fetch] [--config NAME=VALUE …]
 *
 * `--fetch` only sees to it that the server is there.
 */
import { parseArgs } from 'node:util';
import { neo4jJars } from './neo4j-jars.js';
import { runNeo4j } from './neo4j-server.js';

const { values: flags } = parseArgs({
  options: {
    fetch: { type: 'boolean', default: false },
    config: { type: 'string', multiple: true, default: [] },
  },
});

if (flags.fetch) {
  try {
    process.stdout.write(`Neo4j is in ${neo4jJars()}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
} else {
  const config = Object.fromEntries(
    flags.config.map((line): [string, string] => {
      const [name = '', ...value] = line.split('=');
      return [name, value.join('=')];
    }),
  );
  const server = await runNeo4j({ config });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stopped = new Promise<void>((resolve, reject) => {
    for (const signal of signals)
      process.once(signal, () => void server.stop().then(resolve, reject));
  });
  process.stdout.write(
    `${server.url}\nNEO4J_USERNAME=${server.username} NEO4J_PASSWORD=${server.password}\nCtrl-C stops it\n`,
  );
  await stopped;
}
