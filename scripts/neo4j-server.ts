/**
 * A Neo4j server of its own home and port, for tests, benchmarks and trying out. Small: it is reachable
 * after 4 s of CPU, holds some 270 MB of memory and 2 MB of disk, and stops within half a second.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import neo4j from 'neo4j-driver';
import { makeScratch, removeScratch } from '../src/scratch.js';
import { java, neo4jJars } from './neo4j-jars.js';

export interface Neo4jOptions {
  /** Whether the server asks for the password; by default it does. */
  auth?: boolean;
  /** Settings of neo4j.conf, beside or instead of those here. */
  config?: Readonly<Record<string, string>>;
  /** Options of the JVM, instead of those that keep it small. */
  jvm?: readonly string[];
}

export interface Neo4jServer {
  url: string;
  username: string;
  password: string;
  /** The server's directory, gone after {@link stop}. */
  home: string;
  /**
   * The path of its neo4j.conf, which is read at every start. What makes it read-only is to be added
   * after the first one, which creates the database.
   */
  config: string;
  /** Of the process that runs, or ran last. */
  readonly pid: number;
  /** Ends the process by a signal, and waits for its end. The home stays, for {@link restart}. */
  kill(signal?: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): Promise<void>;
  /** Starts a process on the same home and port, after the end of the one that may still run. */
  restart(): Promise<void>;
  /** Ends the process and removes the home. */
  stop(): Promise<void>;
}

type Home = Pick<Neo4jServer, 'home' | 'config'>;

const USERNAME = 'neo4j';
const PASSWORD = 'kgload-test';

/** A slow start, or one that recovers much, on a machine with much else to do. */
const START_MS = 60_000;
const STOP_MS = 20_000;

/** The compiler that optimizes most takes more than it gives in a short life. */
const SMALL = ['-Xms64m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** As Neo4j's own starter has them. */
const OPENED = [
  '--add-opens=java.base/java.nio=ALL-UNNAMED',
  '--add-opens=java.base/java.io=ALL-UNNAMED',
  '--add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
  '-Dio.netty.tryReflectionSetAccessible=true',
];

const CONFIG = {
  'server.default_listen_address': '127.0.0.1',
  'server.http.enabled': 'false',
  'server.https.enabled': 'false',
  'server.memory.pagecache.size': '32m',
  'dbms.usage_report.enabled': 'false',
  // 2 MB instead of 516.
  'db.tx_log.preallocate': 'false',
  // 0.3 s instead of 10 to stop.
  'internal.dbms.bolt.netty_server_shutdown_quiet_period': '0',
};

/** Starts a server, and waits until it answers. @throws With the end of its log, where it does not. */
export async function runNeo4j(options: Neo4jOptions = {}): Promise<Neo4jServer> {
  const { auth = true, jvm = SMALL } = options;
  const jars = neo4jJars();
  const home = makeScratch();
  const port = await freePort();
  const config = join(home, 'conf', 'neo4j.conf');
  // What the JVM and netty leave there goes with the home.
  const temporary = join(home, 'tmp');
  for (const part of ['conf', 'tmp']) mkdirSync(join(home, part));
  const settings = {
    ...CONFIG,
    'server.bolt.listen_address': `127.0.0.1:${port}`,
    'dbms.security.auth_enabled': String(auth),
    ...options.config,
  };
  writeFileSync(
    config,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const url = `bolt://127.0.0.1:${port}`;
  let process_: ChildProcess | undefined;

  async function start(): Promise<void> {
    const child = spawn(
      java,
      [
        ...jvm,
        ...OPENED,
        '-XX:-UsePerfData',
        `-Djava.io.tmpdir=${temporary}`,
        '-cp',
        join(jars, '*'),
        'org.neo4j.server.CommunityEntryPoint',
        `--home-dir=${home}`,
        `--config-dir=${join(home, 'conf')}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    process_ = child;
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    await once(child, 'spawn');
    watchOver(child, home);
    const failure = await waitFor(child, url);
    if (failure === undefined) return;
    await end(child, 'SIGKILL');
    const log = join(home, 'logs', 'neo4j.log');
    const said = existsSync(log) ? readFileSync(log, 'utf8') : '';
    throw new Error(`Neo4j did not start: ${failure}\n${stderr}${said.slice(-2000)}`);
  }

  const server: Neo4jServer = {
    url,
    username: USERNAME,
    password: PASSWORD,
    home,
    config,
    get pid() {
      return process_?.pid ?? 0;
    },
    async kill(signal = 'SIGKILL') {
      if (process_) await end(process_, signal);
    },
    async restart() {
      await server.kill('SIGTERM');
      await start();
    },
    async stop() {
      await server.kill('SIGTERM');
      removeScratch(home);
    },
  };
  try {
    if (auth) await runAdminTool(server, ['dbms', 'set-initial-password', PASSWORD]);
    await start();
  } catch (error) {
    removeScratch(home);
    throw error;
  }
  return server;
}

/** Runs a command of neo4j-admin on a server's home. @throws When it fails. */
async function runAdminTool(server: Home, args: readonly string[]): Promise<string> {
  const { command, args: all, env } = adminTool(server, args);
  try {
    const run = await promisify(execFile)(command, all, { env: { ...process.env, ...env } });
    return run.stdout;
  } catch (error) {
    const { stderr = String(error) } = error as { stderr?: string };
    throw new Error(`neo4j-admin ${args.join(' ')} failed: ${stderr}`, { cause: error });
  }
}

/** A command of neo4j-admin, for the home of a server that does not run, as a program. */
export function adminTool(
  { home, config }: Home,
  args: readonly string[],
  jvm: readonly string[] = SMALL,
): { command: string; args: string[]; env: NodeJS.ProcessEnv } {
  return {
    command: java,
    args: [...jvm, ...OPENED, '-cp', join(neo4jJars(), '*'), 'org.neo4j.cli.AdminTool', ...args],
    env: { NEO4J_HOME: home, NEO4J_CONF: join(config, '..') },
  };
}

/** Below those that the system gives to outgoing connections, one of which could take it meanwhile. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const listener = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      listener.once('error', () => {
        resolve(false);
      });
      listener.listen(port, '127.0.0.1', () => {
        resolve(true);
      });
    });
    if (!isFree) continue;
    listener.close();
    await once(listener, 'close');
    return port;
  }
}

/** Ends a server whose starter was killed: its end of the pipe is then closed. */
function watchOver(server: ChildProcess, home: string): void {
  const script = 'read -r line || { kill -9 "$1"; rm -rf "$2"; }';
  const watcher = spawn('sh', ['-c', script, 'sh', String(server.pid), home], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.unref();
  server.once('exit', () => {
    watcher.stdin.end('\n');
  });
}

/** Connects until a query is answered; otherwise says why not. */
async function waitFor(server: ChildProcess, url: string): Promise<string | undefined> {
  const driver = neo4j.driver(url, neo4j.auth.basic(USERNAME, PASSWORD));
  let last = '';
  try {
    for (const until = performance.now() + START_MS; performance.now() < until;) {
      if (hasEnded(server)) return `it ended with ${server.signalCode ?? String(server.exitCode)}`;
      try {
        await driver.verifyConnectivity();
        await driver.session().run('RETURN 1');
        return undefined;
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
        await sleep(100);
      }
    }
    return `no answer after ${START_MS / 1000} s: ${last}`;
  } finally {
    await driver.close();
  }
}

/** A server that hangs is killed. */
async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(server)) return;
  const exit = once(server, 'exit');
  server.kill(signal);
  const timer = setTimeout(() => server.kill('SIGKILL'), STOP_MS);
  await exit;
  clearTimeout(timer);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
