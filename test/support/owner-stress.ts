/** Several monitors of the same rows, as processes of their own, while alarms are raised and everything fails at random. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { execPath, hrtime, pid } from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import type { ClaimerLine, ClaimerOptions } from '../fixtures/owner-claimer.js';
import { startCuttableProxy, type CuttableProxy } from './cuttable-proxy.js';
import { judge, type ClaimerLife, type OwnerVerdict, type Takeover } from './owner-verdict.js';
import type { DatabaseServer } from './servers/database-server.js';
import type { SqlClient } from './servers/sql-client.js';

export interface StressOptions {
  /** One server, or the nodes of one cluster. */
  readonly servers: readonly DatabaseServer[];
  readonly claimers: number;
  readonly durationMs: number;
  /** null: nobody asks who may act. */
  readonly leaseMs: number | null;
  /** Faults of the servers themselves, one after the other while the stress lasts. */
  readonly serverFault?: (() => Promise<void>) | undefined;
}

export interface StressResult extends OwnerVerdict {
  readonly faults: Readonly<Record<Fault, number>>;
  readonly takeovers: readonly Takeover[];
}

const FAULTS = ['kill -9', 'SIGSTOP', 'cut line', 'SIGTERM'] as const;
type Fault = (typeof FAULTS)[number];
const FAULT_EVERY_MS = 700;
const RAISE_EVERY_MS = 12;
const PROCESSES = 40;
const DATABASE = 'stress';
const QUIET_MS = 60_000;
const MOST_EXTRA_MS = 30_000;

const nowMs = (): number => Number(hrtime.bigint()) / 1e6;

/** Runs it, lets everything be handled, and judges. The servers stay as they are. */
export async function stressOwner(options: StressOptions): Promise<StressResult> {
  const stress = await Stress.prepare(options);
  try {
    return await stress.run();
  } finally {
    await stress.end();
  }
}

interface Line {
  readonly proxies: readonly CuttableProxy[];
}

/** One process, and what it has told. */
class Claimer {
  readonly lines: ClaimerLine[] = [];
  readonly freezes: { fromMs: number; toMs: number }[] = [];
  readonly line: Line;
  readonly #child: ChildProcess;
  readonly #told: Promise<unknown>;
  killedAtMs: number | null = null;

  constructor(program: string, options: ClaimerOptions, line: Line) {
    this.line = line;
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', execPath, program, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (this.#child.stdout === null) throw new Error('no output');
    const reader = createInterface({ input: this.#child.stdout });
    reader.on('line', (text) => this.lines.push(JSON.parse(text) as ClaimerLine));
    this.#told = once(reader, 'close');
  }

  get isOwner(): boolean {
    return this.lines.findLast((line) => line.kind === 'state')?.state === 'owner';
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    this.killedAtMs = nowMs();
    await this.#told;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#told;
  }

  async freeze(ms: number): Promise<void> {
    const freeze = { fromMs: nowMs(), toMs: Number.POSITIVE_INFINITY };
    this.freezes.push(freeze);
    this.#child.kill('SIGSTOP');
    await sleep(ms);
    freeze.toMs = nowMs();
    this.#child.kill('SIGCONT');
  }

  life(): ClaimerLife {
    return { lines: this.lines, killedAtMs: this.killedAtMs, freezes: this.freezes };
  }
}

class Stress {
  readonly #options: StressOptions;
  readonly #program: string;
  readonly #admin: SqlClient;
  readonly #proxies: CuttableProxy[] = [];
  readonly #all: Claimer[] = [];
  readonly #faults: Record<Fault, number> = { 'kill -9': 0, SIGSTOP: 0, 'cut line': 0, SIGTERM: 0 };
  readonly #losses: { readonly fault: string; readonly atMs: number; readonly claimer: Claimer }[] = [];
  #alive: Claimer[] = [];
  #raises = 0;

  private constructor(options: StressOptions, program: string, admin: SqlClient) {
    this.#options = options;
    this.#program = program;
    this.#admin = admin;
  }

  static async prepare(options: StressOptions): Promise<Stress> {
    const [server] = options.servers;
    if (server === undefined) throw new Error('a server is needed');
    const program = resolve(import.meta.dirname, `../../.cache/owner-claimer-${pid}.mjs`);
    const entryPoints = [join(import.meta.dirname, '../fixtures/owner-claimer.ts')];
    await build({ entryPoints, outfile: program, bundle: true, packages: 'external', platform: 'node', format: 'esm' });
    const admin = await server.client();
    const rows = Array.from({ length: PROCESSES }, (_, index) => index + 1);
    await admin.run(
      `DROP DATABASE IF EXISTS ${DATABASE}; CREATE DATABASE ${DATABASE}; USE ${DATABASE};
       CREATE TABLE PROCESE (process_id INT PRIMARY KEY, process_name VARCHAR(100) NOT NULL);
       CREATE TABLE STATUS_PROCESS (process_id INT PRIMARY KEY, alarma TINYINT NOT NULL, sound TINYINT NOT NULL, notes VARCHAR(100), KEY (alarma));
       CREATE TABLE pm_lease (name VARCHAR(190) PRIMARY KEY, owner VARCHAR(64) NOT NULL, token BIGINT NOT NULL, beat BIGINT NOT NULL);
       INSERT INTO PROCESE VALUES ${rows.map((id) => `(${id}, 'p${id}')`).join(', ')};
       INSERT INTO STATUS_PROCESS VALUES ${rows.map((id) => `(${id}, 0, 0, '')`).join(', ')};
       DROP USER IF EXISTS 'stress'@'%'; CREATE USER 'stress'@'%' IDENTIFIED BY 'stress';
       GRANT SELECT, INSERT, UPDATE ON ${DATABASE}.* TO 'stress'@'%'`,
    );
    return new Stress(options, program, admin);
  }

  async run(): Promise<StressResult> {
    const { claimers, durationMs, serverFault } = this.#options;
    for (let count = 0; count < claimers; count += 1) this.#add(await this.#dig());
    while (!this.#alive.some(({ isOwner }) => isOwner)) await sleep(10);
    const over = new AbortController();
    const work = [this.#raise(over.signal), this.#disturb(over.signal)];
    if (serverFault !== undefined) work.push(repeat(serverFault, over.signal));
    await sleep(durationMs);
    // A cluster that is held up, by its host or by its own faults, takes few alarms: a stress without any would show nothing.
    const giveUpAtMs = nowMs() + MOST_EXTRA_MS;
    while (this.#raises * 1000 <= durationMs && nowMs() < giveUpAtMs) await sleep(50);
    over.abort();
    await Promise.all(work);
    await this.#quieten();
    await Promise.all(this.#alive.map((claimer) => claimer.stop()));
    const verdict = judge(
      this.#all.map((claimer) => claimer.life()),
      this.#raises,
    );
    return { ...verdict, faults: this.#faults, takeovers: this.#takeovers() };
  }

  async end(): Promise<void> {
    await Promise.all(this.#alive.map((claimer) => claimer.kill()));
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
    await this.#admin.close();
  }

  /** A line of its own to each server, the nearest one first. */
  async #dig(): Promise<Line> {
    const { servers } = this.#options;
    const first = this.#proxies.length % servers.length;
    const inOrder = [...servers.slice(first), ...servers.slice(0, first)];
    const proxies = await Promise.all(inOrder.map(({ port }) => startCuttableProxy(port)));
    this.#proxies.push(...proxies);
    return { proxies };
  }

  #add(line: Line): void {
    const { leaseMs } = this.#options;
    const lease =
      leaseMs === null
        ? null
        : { name: 'stress', holder: { host: `claimer-${this.#all.length}`, pid: 1 }, timeMs: leaseMs };
    const servers = line.proxies.map(({ port }) => ({ kind: 'tcp' as const, host: '127.0.0.1', port }));
    const claimer = new Claimer(this.#program, { servers, database: DATABASE, lease }, line);
    this.#all.push(claimer);
    this.#alive.push(claimer);
  }

  async #raise(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const id = 1 + Math.floor(Math.random() * PROCESSES);
      const next = this.#raises + 1;
      const text = `UPDATE ${DATABASE}.STATUS_PROCESS SET alarma = 1, notes = 'raise ${next}' WHERE process_id = ${id} AND alarma = 0`;
      // A cluster may refuse it, as it may refuse anybody: then it was no raise. An answer is never lost on this line.
      await this.#admin.run(text).catch(() => undefined);
      const rows = await this.#admin
        .rows(`SELECT 1 FROM ${DATABASE}.STATUS_PROCESS WHERE process_id = ${id} AND notes LIKE 'raise ${next}%'`)
        .catch(() => []);
      if (rows.length > 0) this.#raises = next;
      await sleep(RAISE_EVERY_MS);
    }
  }

  async #disturb(over: AbortSignal): Promise<void> {
    const pending: Promise<void>[] = [];
    for (let turn = 0; !over.aborted; turn += 1) {
      await sleep(FAULT_EVERY_MS);
      // Kills are the most frequent; half of all faults meet the owner.
      const fault = turn % 2 === 0 ? 'kill -9' : (FAULTS[1 + (Math.floor(turn / 2) % 3)] ?? 'kill -9');
      const free = this.#alive;
      const owner = free.find(({ isOwner }) => isOwner);
      const claimer = (Math.random() < 0.6 ? owner : undefined) ?? free[Math.floor(Math.random() * free.length)];
      if (claimer === undefined) continue;
      this.#faults[fault] += 1;
      if (claimer.isOwner) this.#losses.push({ fault, atMs: nowMs(), claimer });
      pending.push(this.#strike(fault, claimer));
    }
    await Promise.all(pending);
  }

  async #strike(fault: Fault, claimer: Claimer): Promise<void> {
    const longMs = (this.#options.leaseMs ?? 500) * (0.5 + 1.5 * Math.random());
    this.#alive = this.#alive.filter((other) => other !== claimer);
    switch (fault) {
      case 'kill -9':
      case 'SIGTERM':
        await (fault === 'SIGTERM' ? claimer.stop() : claimer.kill());
        this.#add(claimer.line);
        return;
      case 'SIGSTOP':
        await claimer.freeze(longMs);
        break;
      case 'cut line':
        for (const proxy of claimer.line.proxies) proxy.cut();
        await sleep(longMs);
        for (const proxy of claimer.line.proxies) proxy.mend();
    }
    this.#alive.push(claimer);
  }

  /** Every alarm is handled in the end, or it is lost. */
  async #quieten(): Promise<void> {
    const giveUpAtMs = nowMs() + QUIET_MS;
    while (nowMs() < giveUpAtMs) {
      const rows = await this.#admin.rows(`SELECT 1 FROM ${DATABASE}.STATUS_PROCESS WHERE alarma = 1`).catch(() => [1]);
      if (rows.length === 0) return;
      await sleep(50);
    }
    const rows = await this.#admin.rows(`SELECT * FROM ${DATABASE}.STATUS_PROCESS WHERE alarma = 1`).catch(String);
    const sessions = await this.#admin.rows('SELECT count(*) AS sessions FROM information_schema.processlist');
    throw new Error(`alarms are left that nobody handles: ${JSON.stringify([rows, sessions])}`);
  }

  /** From each fault that hit the owner to the moment when another one says that it is it. */
  #takeovers(): readonly Takeover[] {
    return this.#losses.flatMap(({ fault, atMs, claimer }) => {
      const starts = this.#all
        .filter((other) => other !== claimer)
        .flatMap(({ lines }) => lines)
        .filter((line) => line.kind === 'state' && line.state === 'owner' && line.atMs > atMs)
        .map((line) => line.atMs);
      const back = claimer.lines.find((line) => line.kind === 'begin' && line.atMs > atMs + 250)?.atMs ?? Infinity;
      const first = Math.min(...starts);
      // Whoever came back in time has stayed the owner.
      return first < back ? [{ fault, ms: first - atMs }] : [];
    });
  }
}

async function repeat(work: () => Promise<void>, over: AbortSignal): Promise<void> {
  while (!over.aborted) await work();
}
