#!/usr/bin/env node
const args = process.argv.slice(2);

try {
  // What opens or decodes others' files does it in a process of its own, which starts while this one
  // imports what it needs. Bare `schema` prints, bare `stats` only counts, and a server needs no engine.
  const [command = '', ...rest] = args;
  const isIsolated =
    ['load', 'preprocess', 'export', 'schema', 'query', 'ask'].includes(command) ||
    rest.some((arg) => arg.startsWith('--verify'));
  const isServer = rest.some((arg) => /^(--db=)?(bolt|neo4j)(\+s|\+ssc)?:\/\//i.test(arg));
  if (
    isIsolated &&
    !isServer &&
    rest.length > 0 &&
    !rest.some((arg) => arg === '--help' || arg === '-h')
  ) {
    const { startWorker } = await import('../dist/bin/start.js');
    startWorker();
  }

  const { main } = await import('../dist/bin/cli.js');
  await main(args);
} catch (error) {
  // With so few descriptors not even what says so well can be imported.
  if (error?.code !== 'EMFILE') throw error;
  const message = 'too many open files: no other can be opened';
  const hint = 'raise the limit: ulimit -n 1024';
  console.error(`kgload: error: ${message} (${hint})`);
  if (args.includes('--json')) {
    console.log(
      JSON.stringify({ errors: [{ code: 'TOO_MANY_FILES', message, hint }], warnings: [] }),
    );
  }
  process.exitCode = 2;
}
