#!/usr/bin/env node
const args = process.argv.slice(2);

// The engine's process starts while this one imports what it needs.
if (args[0] === 'load' && !args.some((arg) => arg === '--help' || arg === '-h')) {
  const { startWorker } = await import('../dist/bin/workerprocess.js');
  startWorker();
}

const { main } = await import('../dist/bin/cli.js');
await main(args);
