/** The units of this host over D-Bus: one open connection instead of a program for each request. */
import type { Clock } from '../../ports/clock.js';
import type { RunOptions } from '../../ports/command-runner.js';
import type { UnitActionResult, UnitChange, UnitManager, UnitStates, UnitsUnknown } from '../../ports/unit-manager.js';
import type { CallResult, MethodCall } from './dbus/bus-connection.js';
import { Deadline, type EndedEarly } from './dbus/deadline.js';
import { MANAGER, SYSTEMD, SYSTEMD_PATH, type SystemBus } from './dbus/system-bus.js';
import { listIn, variantIn } from './dbus/wire-writer.js';
import { isDoubtful, toJobEnd, toRefusal } from './dbus-refusals.js';
import { describeUnits, readOne } from './dbus-describe.js';
import { unitPath, type UnitReading } from './dbus-unit-state.js';
import { JobResults } from './job-results.js';
import { UnitFollower } from './unit-follower.js';
import { toUnitName } from './unit-name.js';

/** So often the unit is looked at while its job is waited for: the announcement of its end may be lost, as when systemd itself is replaced. */
const LOOK_EVERY_MS = 5000;
/** After a lost connection: how soon the next look. */
const LOOK_AGAIN_MS = 200;

/**
 * Needs no rights to ask; to act it is root or allowed by polkit. `unavailable` says that nothing was done: the request may
 * be made in another way. A restart whose end cannot be heard is looked for, and ends as `timed_out` where nothing tells.
 */
export class DbusUnitManager implements UnitManager {
  readonly #bus: SystemBus;
  readonly #clock: Clock;
  readonly #jobs = new JobResults();
  readonly #follower: UnitFollower;

  constructor(bus: SystemBus, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
    this.#follower = new UnitFollower(bus, clock);
    bus.listen({
      onSignal: ({ fields, read }) => {
        if (fields.member !== 'JobRemoved' || fields.signature !== 'uoss') return;
        const [, job, , result] = read().values('uoss');
        if (typeof job === 'string' && typeof result === 'string') this.#jobs.ended(job, result);
      },
      onGap: () => this.#jobs.interrupt(),
    });
  }

  async describe(names: readonly string[], options: RunOptions): Promise<UnitStates | UnitsUnknown> {
    if (options.signal.aborted) return 'no_answer';
    const deadline = new Deadline(this.#clock, options);
    try {
      const states = await describeUnits(this.#bus, names, deadline);
      if (typeof states !== 'string') this.#follower.learn(states);
      return states;
    } finally {
      deadline.release();
    }
  }

  async restart(name: string, options: RunOptions): Promise<UnitActionResult> {
    const unit = toUnitName(name);
    if (unit === null) return notAName(name);
    const deadline = new Deadline(this.#clock, options);
    const askedMs = this.#clock.monotonicMs();
    this.#jobs.beginAsking();
    try {
      // The default mode `replace` would cancel an operator's stop, and even a shutdown that has begun.
      const call = { ...manager('RestartUnit'), signature: 'ss', body: [unit, 'fail'] };
      const asked = await this.#bus.callHearing(call, deadline);
      if (asked.kind === 'reply') return await this.#awaitJob(unit, asked.reader.string(), askedMs, deadline);
      if (isDoubtful(asked)) return await this.#look(unit, askedMs, deadline);
      return toRefusal(asked);
    } finally {
      this.#jobs.endAsking();
      deadline.release();
    }
  }

  async resetFailed(name: string, options: RunOptions): Promise<UnitActionResult> {
    const unit = toUnitName(name);
    if (unit === null) return notAName(name);
    const deadline = new Deadline(this.#clock, options);
    const call = { ...manager('ResetFailedUnit'), signature: 's', body: [unit] };
    const result: CallResult = await this.#bus.call(call, deadline);
    deadline.release();
    if (result.kind === 'reply') return { kind: 'done' };
    // To forget a second time does no harm.
    if (isDoubtful(result))
      return { kind: 'unavailable', detail: 'the connection to the bus was lost', isPassing: true };
    return toRefusal(result);
  }

  follow(names: readonly string[], onChange: (change: UnitChange) => void, signal: AbortSignal): void {
    this.#follower.follow(names, onChange, signal);
  }

  get isHearing(): boolean {
    return this.#bus.isHearing;
  }

  async #awaitJob(unit: string, job: string, askedMs: number, deadline: Deadline): Promise<UnitActionResult> {
    const end = await this.#jobEnd(job, deadline);
    if (end.kind === 'ended_early') return { kind: end.how };
    if (end.kind === 'unheard') return this.#look(unit, askedMs, deadline);
    const after = end.result === 'failed' ? await readOne(this.#bus, unitPath(unit), deadline) : null;
    return toJobEnd(unit, end.result, typeof after === 'object' ? after : null, askedMs);
  }

  #jobEnd(job: string, deadline: Deadline): Promise<JobEnd> {
    if (deadline.ended !== null) return Promise.resolve({ kind: 'ended_early', how: deadline.ended });
    return new Promise((resolve) => {
      const waits: (() => void)[] = [];
      const settle = (end: JobEnd): void => {
        for (const forget of waits) forget();
        resolve(end);
      };
      waits.push(this.#clock.after(LOOK_EVERY_MS, () => settle({ kind: 'unheard' })));
      waits.push(deadline.onEnd((how) => settle({ kind: 'ended_early', how })));
      // The last of them, since it may tell at once.
      waits.push(
        this.#jobs.onEnd(job, (result) => settle(result === null ? { kind: 'unheard' } : { kind: 'removed', result })),
      );
    });
  }

  /** The end of the job was not heard, or not even whether there is one: what the unit shows decides. */
  async #look(unit: string, askedMs: number, deadline: Deadline): Promise<UnitActionResult> {
    for (;;) {
      if (deadline.ended !== null) return { kind: deadline.ended };
      const get = { destination: SYSTEMD, path: unitPath(unit), interface: PROPERTIES, member: 'Get' };
      const body = ['org.freedesktop.systemd1.Unit', 'Job'];
      const answer = await this.#bus.callHearing({ ...get, signature: 'ss', body }, deadline);
      const job = answer.kind === 'reply' ? jobIn(answer) : null;
      if (job !== null && job.number > 0) return this.#awaitJob(unit, job.path, askedMs, deadline);
      const seen = job === null ? null : await readOne(this.#bus, unitPath(unit), deadline);
      if (seen !== null && typeof seen === 'object') return judge(unit, seen, askedMs);
      await this.#pause(deadline);
    }
  }

  #pause(deadline: Deadline): Promise<void> {
    return new Promise((resolve) => {
      const over = new AbortController();
      const forget = deadline.onEnd(() => over.abort('over'));
      void this.#clock.sleep(LOOK_AGAIN_MS, over.signal).then(() => {
        forget();
        resolve();
      });
    });
  }
}

const PROPERTIES = 'org.freedesktop.DBus.Properties';

type JobEnd =
  | { readonly kind: 'removed'; readonly result: string }
  | { readonly kind: 'unheard' }
  | { readonly kind: 'ended_early'; readonly how: EndedEarly };

/** No job is left. Begun since it was asked for: the job was carried out. Otherwise nobody knows whether it ever was. */
function judge(unit: string, seen: UnitReading, askedMs: number): UnitActionResult {
  if (seen.startedMs < askedMs) return { kind: 'timed_out' };
  return toJobEnd(unit, seen.state.activeState === 'failed' ? 'failed' : 'done', seen, askedMs);
}

function jobIn({ reader }: Extract<CallResult, { kind: 'reply' }>): { number: number; path: string } {
  const [number, path] = listIn(variantIn(reader.values('v')[0]));
  return { number: typeof number === 'number' ? number : 0, path: typeof path === 'string' ? path : '' };
}

function manager(member: string): MethodCall {
  return { destination: SYSTEMD, path: SYSTEMD_PATH, interface: MANAGER, member };
}

function notAName(name: string): UnitActionResult {
  return { kind: 'impossible', detail: `not the name of a unit: ${JSON.stringify(name)}` };
}
