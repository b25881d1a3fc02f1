/** A real database server for tests: started in a directory of its own, gone with the test. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pid } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqlClient, type SqlClient } from './sql-client.js';

const READY_MS = 60_000;
const LOOK_EVERY_MS = 50;

export interface DatabaseServer {
  /** `MariaDB` or `MySQL`. */
  readonly product: string;
  /** On 127.0.0.1. */
  readonly port: number;
  readonly socket: string;
  /** As root, who has no password. */
  client(database?: string): Promise<SqlClient>;
  /** The server hangs: it keeps its connections and answers nothing. Resolves once it has come to a stop. */
  pause(): Promise<void>;
  resume(): void;
  /** Stopped in order and started again on the same data. */
  restart(): Promise<void>;
  /** Killed without a goodbye; `restart` brings it back. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServerRecipe {
  readonly product: string;
  readonly directory: string;
  /** As the test sees it. */
  readonly socket: string;
  /** Program and arguments that run the server in the foreground. */
  command(port: number): readonly [string, ...string[]];
}

/** Starts what the recipe says and waits until it answers. */
export async function startServer(recipe: ServerRecipe): Promise<DatabaseServer> {
  const client = (database?: string): Promise<SqlClient> =>
    openSqlClient({ socketPath: recipe.socket, user: 'root', ...(database === undefined ? {} : { database }) });
  const launched = await launchOnFreePort(recipe, client);
  const { port } = launched;
  let { child } = launched;
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill(signal);
    await exited;
  };
  return {
    product: recipe.product,
    port,
    socket: recipe.socket,
    client,
    pause: async () => {
      child.kill('SIGSTOP');
      while (!(await readFile(`/proc/${child.pid}/status`, 'utf8')).includes('State:\tT')) await sleep(1);
    },
    resume: () => void child.kill('SIGCONT'),
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGTERM');
      child = await launch(recipe, port, client);
    },
    stop: async () => {
      await end('SIGKILL');
      await rm(recipe.directory, { recursive: true, force: true });
    },
  };
}

/** A directory of its own, short enough for the path of a socket. Those of test runs that were killed are removed. */
export async function makeServerDirectory(product: string, parent = tmpdir()): Promise<string> {
  const prefix = `pm-${product.toLowerCase()}-`;
  for (const name of (await readdir(parent)).filter((other) => other.startsWith(prefix))) {
    const owner = name.slice(prefix.length).split('-', 1)[0] ?? '';
    // What another user has left is not ours to remove.
    if (!existsSync(`/proc/${owner}`)) await rm(join(parent, name), { recursive: true }).catch(() => undefined);
  }
  return mkdtemp(join(parent, `${prefix}${pid}-`));
}

/** Runs a program to its end; its output is told only where it fails. */
export async function runToEnd(file: string, args: readonly string[]): Promise<void> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${file} ended with ${code}: ${Buffer.concat(output).toString().slice(-2000)}`);
}

/** Between the choice of a port and its use somebody else may take it. */
async function launchOnFreePort(
  recipe: ServerRecipe,
  client: () => Promise<SqlClient>,
  tries = 3,
): Promise<{ readonly port: number; readonly child: ChildProcess }> {
  const port = await freePort();
  try {
    return { port, child: await launch(recipe, port, client) };
  } catch (cause: unknown) {
    if (tries === 1 || !/address already in use/i.test(String(cause))) throw cause;
    return launchOnFreePort(recipe, client, tries - 1);
  }
}

/** Its parent's death kills it too: a test run that is killed leaves no server behind. */
async function launch(recipe: ServerRecipe, port: number, client: () => Promise<SqlClient>): Promise<ChildProcess> {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...recipe.command(port)], { stdio: 'ignore' });
  const giveUpAt = Date.now() + READY_MS;
  while (child.exitCode === null && Date.now() < giveUpAt) {
    try {
      await (await client()).close();
      return child;
    } catch {
      await sleep(LOOK_EVERY_MS);
    }
  }
  child.kill('SIGKILL');
  const log = await readFile(join(recipe.directory, 'error.log'), 'utf8').catch(() => 'no log');
  throw new Error(`${recipe.product} did not start: ${log.slice(-2000)}`);
}

/** One that nobody listens on now. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
