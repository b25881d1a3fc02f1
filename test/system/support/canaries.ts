/** Texts that nobody could guess, planted as secrets, and the search for them in everything that a machine has written. */
import { randomBytes } from 'node:crypto';
import type { BootedMachine } from './booted-machine.js';
import type { RunResult } from './run-program.js';

/** Where programs and services write, and where the settings are. */
const SEARCHED = [
  '/etc',
  '/opt',
  '/var',
  '/var/lib/mysql',
  '/run',
  '/tmp',
  '/root',
  '/home',
  '/srv',
  '/dev/shm',
  '/usr/local',
];
/** Not among them. */
const PATTERNS = '/media/canaries';

/** Where a canary was seen. Example: `{ name: 'file', place: 'process-monitor status --json' }` */
export interface Sighting {
  readonly name: string;
  readonly place: string;
}

export class Canaries {
  readonly #machine: BootedMachine;
  readonly #texts = new Map<string, string>();
  readonly #heard: { readonly place: string; readonly text: string }[] = [];

  /** As `find` reads it. */
  readonly #since = `@${Math.floor(Date.now() / 1000) - 1}`;

  constructor(machine: BootedMachine) {
    this.#machine = machine;
  }

  /** Letters and digits only, so that no way of writing it down changes it; the same one each time. */
  text(name: string): string {
    const text = this.#texts.get(name) ?? `canary${randomBytes(12).toString('hex')}`;
    this.#texts.set(name, text);
    return text;
  }

  /** Runs a command; what it says is searched too. */
  async run(line: string): Promise<RunResult> {
    const result = await this.#machine.sh(line);
    this.hear(line, result.stdout + result.stderr);
    return result;
  }

  hear(place: string, text: string): void {
    this.#heard.push({ place, text });
  }

  /** What the commands with these words in them have said. */
  said(words: string): readonly string[] {
    return this.#heard.filter(({ place }) => place.includes(words)).map(({ text }) => text);
  }

  /** Every sighting in what was heard, and in every file but the planted ones. */
  async search(planted: readonly string[]): Promise<readonly Sighting[]> {
    const heard = [...this.#texts].flatMap(([name, text]) =>
      this.#heard.filter((each) => each.text.includes(text)).map(({ place }) => ({ name, place })),
    );
    await this.#machine.write(PATTERNS, [...this.#texts.values()].map((text) => `${text}\n`).join(''), 0o600);
    // What is older than the first of them cannot tell any.
    const list = `find ${SEARCHED.join(' ')} -xdev -type f -newermt ${this.#since} -print0`;
    const { stdout } = await this.#machine.sh(`${list} | xargs -0 grep -aoHF -f ${PATTERNS} -- | sort -u`);
    const nameOf = new Map([...this.#texts].map(([name, text]) => [text, name]));
    const files = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const end = line.lastIndexOf(':');
        return { name: nameOf.get(line.slice(end + 1)) ?? 'unknown', place: line.slice(0, end) };
      })
      .filter(({ place }) => !planted.includes(place));
    return [...heard, ...files];
  }
}
