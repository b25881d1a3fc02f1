/** A host's programs, made up by a test. */
import type { ProcessIdentity, RunningProcess } from '../../src/domain/unit-state.js';
import type { Clock } from '../../src/ports/clock.js';
import type { ProcessTable, SignalResult } from '../../src/ports/process-table.js';

/** One made-up program; everything has a value of its own unless given. */
export interface FakeProgram extends Partial<Omit<RunningProcess, 'identity'>> {
  readonly argv: readonly string[];
  /** Default: the next free number from 1001. A number that is taken now is a mistake of the test. */
  readonly pid?: number;
  readonly workingDirectory?: string | null;
  /** Ends by itself after this time. */
  readonly livesMs?: number;
  /** TERM takes effect after this time (default 0); null: never. */
  readonly diesOfTermAfterMs?: number | null;
  /** Not even KILL ends it. */
  readonly isUnkillable?: boolean;
  /** Signals to it are refused. */
  readonly isForbidden?: boolean;
}

/** One signal that was asked for. */
export interface RecordedSignal {
  readonly pid: number;
  readonly signal: 'SIGTERM' | 'SIGKILL';
  /** Monotonic time. */
  readonly atMs: number;
}

interface Entry {
  readonly seen: RunningProcess;
  readonly program: FakeProgram;
  endsAtMs: number;
}

const TICKS_PER_MS = 0.1;

/** Lives on its clock: programs come to their ends as time passes. */
export class FakeProcessTable implements ProcessTable {
  readonly ownPid = 900;
  readonly signals: RecordedSignal[] = [];
  /** Text of pid files by path. */
  readonly pidFiles = new Map<string, string>();
  /** Accounts of the host itself, by name. */
  readonly accounts = new Map<string, number>([['root', 0]]);
  /** As in a sandbox that shows no other user's programs. */
  hidesOthers = false;
  /** How often it was looked through. */
  scans = 0;
  readonly #clock: Clock;
  #boots = 0;
  #entries: Entry[] = [];
  #nextPid = 1001;
  #started = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Starts a program now. */
  add(program: FakeProgram): RunningProcess {
    const pid = program.pid ?? this.#nextPid++;
    if (this.#entry(pid) !== undefined) throw new Error(`pid ${pid} is taken`);
    // No two starts share a tick, as good as on a real host where the number differs too.
    const startTicks = Math.floor(this.#clock.monotonicMs() * TICKS_PER_MS) + this.#started++;
    const seen = { ...describe(program, pid), identity: { pid, startTicks, bootId: this.bootId } };
    this.#entries.push({ seen, program, endsAtMs: this.#clock.monotonicMs() + (program.livesMs ?? Infinity) });
    return seen;
  }

  get bootId(): string {
    return `b0071d00-0000-4000-8000-${String(this.#boots).padStart(12, '0')}`;
  }

  /** The host goes down and comes up again: nothing that ran is left. */
  reboot(): void {
    this.#boots += 1;
    this.#entries = [];
  }

  /** The program ends now, by itself. */
  end(pid: number): void {
    this.#entries = this.#entries.filter(({ seen }) => seen.identity.pid !== pid);
  }

  list(): Promise<readonly RunningProcess[]> {
    this.scans += 1;
    return Promise.resolve(this.#living().map(({ seen }) => seen));
  }

  find(pid: number): Promise<RunningProcess | null> {
    return Promise.resolve(this.#entry(pid)?.seen ?? null);
  }

  isRunning(identity: ProcessIdentity): Promise<boolean> {
    return Promise.resolve(this.#same(identity) !== undefined);
  }

  signal(identity: ProcessIdentity, signal: 'SIGTERM' | 'SIGKILL'): Promise<SignalResult> {
    const atMs = this.#clock.monotonicMs();
    this.signals.push({ pid: identity.pid, signal, atMs });
    const entry = this.#same(identity);
    if (identity.pid <= 1 || identity.pid === this.ownPid || entry?.program.isForbidden === true)
      return Promise.resolve('not_permitted');
    if (entry === undefined) return Promise.resolve('gone');
    const { diesOfTermAfterMs = 0, isUnkillable = false } = entry.program;
    const afterMs = isUnkillable ? null : signal === 'SIGKILL' ? 0 : diesOfTermAfterMs;
    if (afterMs !== null) entry.endsAtMs = Math.min(entry.endsAtMs, atMs + afterMs);
    return Promise.resolve('sent');
  }

  localUid(user: string): Promise<number | null> {
    return Promise.resolve(this.accounts.get(user) ?? null);
  }

  seesOthers(): Promise<boolean> {
    return Promise.resolve(!this.hidesOthers);
  }

  readPidFile(path: string): Promise<number | null> {
    const number = /^\s*([1-9][0-9]*)/.exec(this.pidFiles.get(path) ?? '')?.[1];
    return Promise.resolve(number === undefined ? null : Number(number));
  }

  workingDirectory(identity: ProcessIdentity): Promise<string | null> {
    const entry = this.#same(identity);
    return Promise.resolve(entry === undefined ? null : (entry.program.workingDirectory ?? '/'));
  }

  #living(): readonly Entry[] {
    this.#entries = this.#entries.filter(({ endsAtMs }) => endsAtMs > this.#clock.monotonicMs());
    return this.#entries;
  }

  #entry(pid: number): Entry | undefined {
    return this.#living().find(({ seen }) => seen.identity.pid === pid);
  }

  #same(identity: ProcessIdentity): Entry | undefined {
    const entry = this.#entry(identity.pid);
    const isSame = entry?.seen.identity.startTicks === identity.startTicks && identity.bootId === this.bootId;
    return isSame ? entry : undefined;
  }
}

function describe(program: FakeProgram, pid: number): Omit<RunningProcess, 'identity'> {
  const executable = program.executable === undefined ? (program.argv[0] ?? null) : program.executable;
  return {
    parentPid: program.parentPid ?? 1,
    processGroup: program.processGroup ?? pid,
    session: program.session ?? pid,
    uid: program.uid ?? 0,
    executable,
    argv: program.argv,
    comm: program.comm ?? (executable ?? '').slice((executable ?? '').lastIndexOf('/') + 1).slice(0, 15),
    state: program.state ?? 'S',
    unit: program.unit ?? null,
    isKernelThread: program.isKernelThread ?? false,
    isContained: program.isContained ?? false,
  };
}
