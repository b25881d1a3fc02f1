/** Runs every examiner, each bounded in time; none can keep another from being heard. */
import { finding, type Finding } from '../../domain/finding.js';
import { formatIssue, ConfigError } from '../../config/issues.js';
import type { LoadedSettings } from '../../config/settings-from-text.js';
import { createDoctorContext, type DoctorContext, type Examiner } from './context.js';
import { examineClock, examineDisk } from './clock-and-disk.js';
import { examineDatabase } from './database.js';
import { examineFiles } from './files.js';
import { examineHealth } from './health.js';
import { examineInstallation } from './installation.js';
import { examineProcesses } from './processes.js';
import { examineRights } from './rights.js';
import { examineRivals } from './rivals.js';
import { examineRuntime } from './runtime.js';

const LONGEST_EXAMINATION_MS = 30_000;

/** In the order in which they are told: what the others stand on comes first. */
export const EXAMINERS: readonly Examiner[] = [
  { name: 'runtime', run: examineRuntime },
  { name: 'files', run: examineFiles },
  { name: 'disk', run: examineDisk },
  { name: 'clock', run: examineClock },
  { name: 'installation', run: examineInstallation },
  { name: 'rivals', run: examineRivals },
  { name: 'rights', run: examineRights },
  { name: 'database', run: examineDatabase },
  { name: 'processes', run: examineProcesses },
  { name: 'health', run: examineHealth },
];

export interface DoctorOptions {
  readonly configFile: string;
  readonly probes: boolean;
  /** Throws `ConfigError`. */
  readonly load: () => LoadedSettings;
}

export interface DoctorReport {
  readonly findings: readonly Finding[];
  /** Otherwise only what needs no settings was looked at. */
  readonly areSettingsUsable: boolean;
}

/** Changes nothing, and never rejects for what it finds. */
export async function runDoctor(
  { configFile, probes, load }: DoctorOptions,
  examiners: readonly Examiner[] = EXAMINERS,
): Promise<DoctorReport> {
  const read = readSettings(configFile, load);
  const over = new AbortController();
  const context = await createDoctorContext({ loaded: read.loaded, configFile, probes }, over.signal);
  try {
    const found = await Promise.all(examiners.map((examiner) => examine(examiner, context)));
    return { findings: [...read.findings, ...found.flat()], areSettingsUsable: read.loaded !== null };
  } finally {
    over.abort();
  }
}

/** A failure of the examiner itself is a finding too. */
export async function examine(
  { name, run }: Examiner,
  context: DoctorContext,
  withinMs = LONGEST_EXAMINATION_MS,
): Promise<readonly Finding[]> {
  const done = new AbortController();
  const late = context.ports.clock
    .sleep(withinMs, done.signal)
    .then(() => [finding('warning', name, 'check_late', { seconds: withinMs / 1000 })]);
  try {
    return await Promise.race([run(context), late]);
  } catch (cause: unknown) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    return [finding('problem', name, 'check_failed', { detail })];
  } finally {
    done.abort();
  }
}

function readSettings(
  file: string,
  load: () => LoadedSettings,
): { readonly loaded: LoadedSettings | null; readonly findings: readonly Finding[] } {
  const about = 'settings';
  try {
    const loaded = load();
    const notices = loaded.notices.map((issue) =>
      finding('warning', about, 'settings_notice', { issue: formatIssue(issue) }),
    );
    return { loaded, findings: [finding('fine', about, 'settings_good', { file }), ...notices] };
  } catch (cause: unknown) {
    if (!(cause instanceof ConfigError)) throw cause;
    const findings = cause.issues.map((issue) =>
      finding('problem', about, 'settings_bad', { issue: formatIssue(issue) }),
    );
    return { loaded: null, findings };
  }
}
