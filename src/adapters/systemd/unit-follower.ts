/** Tells of changes of units by the signals that systemd sends about them. */
import type { Clock } from '../../ports/clock.js';
import type { UnitChange, UnitStates } from '../../ports/unit-manager.js';
import type { CallResult } from './dbus/bus-connection.js';
import { Deadline } from './dbus/deadline.js';
import { KeySet } from './dbus/key-set.js';
import type { IncomingMessage } from './dbus/message.js';
import { SYSTEMD, type SystemBus } from './dbus/system-bus.js';
import { listIn, variantIn } from './dbus/wire-writer.js';
import { unitPath } from './dbus-unit-state.js';
import { toUnitName } from './unit-name.js';

const UNIT = 'org.freedesktop.systemd1.Unit';
const PROPERTIES = 'org.freedesktop.DBus.Properties';
const JOB = new KeySet(['Job']);
/** The bus allows a connection some 500 rules: beyond this all units are listened to with one. */
const MOST_SINGLE_RULES = 200;
const RULE = `type='signal',sender='${SYSTEMD}',interface='${PROPERTIES}',member='PropertiesChanged',arg0='${UNIT}'`;
/** A rule that nobody needs stays so long: whoever proves a unit to be well hands it over to the one who watches it on. */
const KEPT_MS = 500;
const MOST_KEPT = 100;
/** More names than anything that is handled at once. */
const MOST_KNOWN = 1000;
const ASK_TIMEOUT_MS = 10_000;
const RECONNECT_EVERY_MS = 1000;

interface Followed {
  /** As it was asked. */
  readonly name: string;
  readonly onChange: (change: UnitChange) => void;
  path: string;
  rule: string;
  /** Its canonical name is being asked for. */
  isAsked: boolean;
}

/** Listens while somebody follows, and connects anew for it when the connection is lost. */
export class UnitFollower {
  readonly #bus: SystemBus;
  readonly #clock: Clock;
  readonly #byPath = new Map<string, Set<Followed>>();
  /** How many need each rule. */
  readonly #rules = new Map<string, number>();
  /** Rules that nobody needs any more, and since when; the oldest first. */
  readonly #kept = new Map<string, number>();
  /** Paths that systemd was seen to use, by those that were asked. */
  readonly #known = new Map<string, string>();
  /** Paths whose units had a job when they last changed. */
  readonly #withJob = new Set<string>();
  #isReturning = false;

  constructor(bus: SystemBus, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
    bus.listen({
      onSignal: (message) => this.#onSignal(message),
      onGap: (isOpen) => {
        this.#kept.clear();
        this.#known.clear();
        if (isOpen) this.#listenAnew();
        // Something may have been missed; and who has relied on being told looks by himself until the signals are back.
        for (const { name, onChange } of this.#all()) onChange({ name, byJob: false });
        if (isOpen) for (const each of this.#all()) void this.#resolve(each);
        else void this.#returnToBus();
      },
    });
  }

  follow(names: readonly string[], onChange: (change: UnitChange) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    const all = [...new Set(names)].flatMap((name): Followed[] => {
      const unit = toUnitName(name);
      if (unit === null) return [];
      const path = unitPath(unit);
      return [{ name, onChange, path: this.#known.get(path) ?? path, rule: '', isAsked: false }];
    });
    const unknown = all.filter(({ path }) => !this.#bus.isHearing || this.#known.get(path) !== path);
    for (const each of all) this.#add(each);
    const end = (): void => {
      for (const each of all) this.#remove(each);
    };
    signal.addEventListener('abort', end, { once: true });
    for (const each of unknown) void this.#resolve(each);
  }

  /** What systemd has just said of units: whoever follows one of them need not ask for its canonical name. */
  learn(states: UnitStates): void {
    for (const [name, { id, loadState }] of states) {
      const unit = toUnitName(name);
      if (unit === null || loadState === 'not-found' || id === '') continue;
      if (this.#known.size >= MOST_KNOWN) this.#known.clear();
      this.#known.set(unitPath(unit), unitPath(id));
      this.#known.set(unitPath(id), unitPath(id));
    }
  }

  /** Signals come under the unit's canonical name. */
  async #resolve(followed: Followed): Promise<void> {
    if (followed.isAsked) return;
    followed.isAsked = true;
    const answer = await this.#askForId(followed.path);
    followed.isAsked = false;
    if (this.#byPath.get(followed.path)?.has(followed) !== true) return;
    if (answer.kind === 'lost') return this.#returnToBus();
    const id = answer.kind === 'reply' ? variantIn(answer.reader.values('v')[0]) : undefined;
    if (typeof id !== 'string' || unitPath(id) === followed.path) return;
    this.#remove(followed);
    followed.path = unitPath(id);
    this.#add(followed);
    followed.onChange({ name: followed.name, byJob: false });
  }

  async #askForId(path: string): Promise<CallResult> {
    const deadline = new Deadline(this.#clock, { timeoutMs: ASK_TIMEOUT_MS, signal: new AbortController().signal });
    const get = { destination: SYSTEMD, path, interface: PROPERTIES, member: 'Get' };
    const answer = await this.#bus.callHearing({ ...get, signature: 'ss', body: [UNIT, 'Id'] }, deadline);
    deadline.release();
    return answer;
  }

  #add(followed: Followed): void {
    const { path } = followed;
    followed.rule = this.#byPath.size < MOST_SINGLE_RULES ? `${RULE},path='${path}'` : RULE;
    this.#byPath.set(path, (this.#byPath.get(path) ?? new Set()).add(followed));
    const users = this.#rules.get(followed.rule) ?? 0;
    this.#rules.set(followed.rule, users + 1);
    if (users === 0 && !this.#kept.delete(followed.rule) && this.#bus.isHearing) this.#bus.match(followed.rule, true);
    this.#dropKept();
  }

  #remove(followed: Followed): void {
    const followers = this.#byPath.get(followed.path);
    if (followers?.delete(followed) !== true) return;
    if (followers.size === 0) {
      this.#byPath.delete(followed.path);
      this.#withJob.delete(followed.path);
    }
    const users = (this.#rules.get(followed.rule) ?? 1) - 1;
    if (users > 0) {
      this.#rules.set(followed.rule, users);
      return;
    }
    this.#rules.delete(followed.rule);
    if (this.#bus.isHearing) this.#kept.set(followed.rule, this.#clock.monotonicMs());
    this.#dropKept();
  }

  /** Without a timer: together with the next request, or when a kept rule lets something through. */
  #dropKept(): void {
    const untilMs = this.#clock.monotonicMs() - KEPT_MS;
    for (const [rule, sinceMs] of this.#kept) {
      if (sinceMs > untilMs && this.#kept.size <= MOST_KEPT) return;
      this.#kept.delete(rule);
      this.#bus.match(rule, false);
    }
  }

  #onSignal({ fields, read }: IncomingMessage): void {
    const { member, path = '' } = fields;
    const followers = this.#byPath.get(path);
    if (followers === undefined) this.#dropKept();
    if (followers === undefined || member !== 'PropertiesChanged' || fields.signature !== 'sa{sv}as') return;
    const reader = read();
    if (reader.string() !== UNIT) return;
    const job = reader.pick(JOB).get('Job');
    const [jobNumber = 0] = listIn(job);
    const hasJob = jobNumber !== 0;
    const byJob = hasJob || this.#withJob.has(path);
    if (hasJob) this.#withJob.add(path);
    else this.#withJob.delete(path);
    for (const { name, onChange } of [...followers]) onChange({ name, byJob });
  }

  #listenAnew(): void {
    this.#withJob.clear();
    for (const rule of this.#rules.keys()) this.#bus.match(rule, true);
  }

  #all(): readonly Followed[] {
    return [...this.#byPath.values()].flatMap((followers) => [...followers]);
  }

  async #returnToBus(): Promise<void> {
    if (this.#isReturning) return;
    this.#isReturning = true;
    const { signal } = new AbortController();
    while (this.#byPath.size > 0 && !this.#bus.isHearing) {
      await this.#clock.sleep(RECONNECT_EVERY_MS, signal);
      const [followed] = this.#all();
      if (followed !== undefined) await this.#resolve(followed);
    }
    this.#isReturning = false;
  }
}
