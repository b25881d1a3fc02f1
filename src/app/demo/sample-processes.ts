/** The sample processes as running programs: started, broken in several ways, mended, and removed. */
import { rm, writeFile } from 'node:fs/promises';
import type { ProcessIdentity } from '../../domain/unit-state.js';
import type { SystemPorts } from '../system-ports.js';
import type { Sample } from './demo-site.js';

const START_TIMEOUT_MS = 10_000;
const LOOK_AGAIN_MS = 20;
const LONGEST_KILL_MS = 5000;

export class SampleProcesses {
  readonly #ports: SystemPorts;

  constructor(ports: SystemPorts) {
    this.#ports = ports;
  }

  /** Throws where it cannot be started: without it there is no demo. */
  async start({ name, startCommand }: Sample, signal: AbortSignal): Promise<void> {
    const place = { shell: '/bin/sh', user: null, workingDirectory: null, environment: {} };
    const request = { name, commandLine: startCommand, ...place };
    const result = await this.#ports.starter.start(request, { timeoutMs: START_TIMEOUT_MS, signal });
    if (result.kind === 'not_started') throw new Error(`start sample process ${name}: ${result.detail}`);
  }

  /** Ends it as a crash would; resolves when it is gone. Harmless where it does not run. */
  async kill(sample: Sample): Promise<void> {
    const { table, clock } = this.#ports;
    const deadlineMs = clock.monotonicMs() + LONGEST_KILL_MS;
    for (;;) {
      const running = await this.#find(sample);
      if (running.length === 0) return;
      if (clock.monotonicMs() >= deadlineMs) throw new Error(`sample process ${sample.name} does not end`);
      for (const identity of running) await table.signal(identity, 'SIGKILL');
      await clock.sleep(LOOK_AGAIN_MS, new AbortController().signal);
    }
  }

  /** It goes on running, and serves nobody any more. */
  async makeSick({ sicknessFile }: Sample): Promise<void> {
    await writeFile(sicknessFile, '');
  }

  /** No start of it succeeds from now on. */
  async takeLicence({ licenceFile }: Sample): Promise<void> {
    await rm(licenceFile, { force: true });
  }

  async returnLicence({ licenceFile }: Sample): Promise<void> {
    await writeFile(licenceFile, '');
  }

  /** Zombies are as good as gone. */
  async #find({ program }: Sample): Promise<readonly ProcessIdentity[]> {
    const all = await this.#ports.table.list();
    return all.filter(({ argv, state }) => argv[0] === program && state !== 'Z').map(({ identity }) => identity);
  }
}
