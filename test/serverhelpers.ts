/** Loading into a real server, and asking it without kgload. */
import { spawn } from 'node:child_process';
import neo4j from 'neo4j-driver';
import { BINARY, type CommandJson, ENVIRONMENT } from './helpers.js';
import type { Neo4jServer } from './neo4j.js';

export function environment({ username, password }: Neo4jServer): NodeJS.ProcessEnv {
  return { ...ENVIRONMENT, NEO4J_USERNAME: username, NEO4J_PASSWORD: password };
}

/** Runs `kgload load --json` into a server, and sends it a signal after some milliseconds. */
export async function load(
  server: Neo4jServer,
  args: string[],
  signal?: { name: NodeJS.Signals; after: number },
): Promise<{ code: number | null; json: CommandJson | undefined; stderr: string }> {
  const child = spawn(process.execPath, [BINARY, 'load', '--db', server.url, '--json', ...args], {
    env: environment(server),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const timer = signal && setTimeout(() => child.kill(signal.name), signal.after);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  return { code, json: stdout === '' ? undefined : (JSON.parse(stdout) as CommandJson), stderr };
}

/** The first row of an answer, by the driver alone. */
export async function ask(server: Neo4jServer, cypher: string): Promise<unknown[]> {
  const auth = neo4j.auth.basic(server.username, server.password);
  const driver = neo4j.driver(server.url, auth, { useBigInt: true });
  try {
    // executeQuery would go on for half a minute after some errors.
    const { records } = await driver.session().run(cypher);
    return [...(records[0]?.values() ?? [])];
  } finally {
    await driver.close();
  }
}

/** Statements in an order, by the driver alone. */
export async function fill(
  server: Neo4jServer,
  ...statements: [cypher: string, parameters?: Record<string, unknown>][]
): Promise<void> {
  const auth = neo4j.auth.basic(server.username, server.password);
  const driver = neo4j.driver(server.url, auth, { useBigInt: true });
  try {
    for (const [cypher, parameters] of statements) await driver.executeQuery(cypher, parameters);
  } finally {
    await driver.close();
  }
}
