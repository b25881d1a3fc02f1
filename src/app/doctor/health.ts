/** Each configured health check, tried once. */
import { fillCommand } from '../../domain/command-template.js';
import { finding, type Finding } from '../../domain/finding.js';
import type { HealthCheck, ProcessPolicy } from '../../domain/process-policy.js';
import type { DoctorContext } from './context.js';

const LONGEST_TRY_MS = 5000;

export async function examineHealth(context: DoctorContext): Promise<readonly Finding[]> {
  const { settings } = context;
  if (settings === null) return [];
  const { processes } = settings;
  const tries = processes.listedNames.flatMap((name) => {
    const policy = processes.policyFor(name);
    return policy === null ? [] : policy.healthChecks.map((check) => tryCheck(context, policy, check));
  });
  return Promise.all(tries);
}

async function tryCheck(context: DoctorContext, policy: ProcessPolicy, check: HealthCheck): Promise<Finding> {
  const about = policy.processName;
  const name = nameOf(check);
  if (check.kind === 'command' && !context.probes) return finding('skipped', about, 'health_not_run', { check: name });
  const detail = await failureOf(context, policy, check);
  return detail === null
    ? finding('fine', about, 'health_good', { check: name })
    : finding('warning', about, 'health_bad', { check: name, detail });
}

/** null: it passes. */
async function failureOf(
  { ports, signal }: DoctorContext,
  policy: ProcessPolicy,
  check: HealthCheck,
): Promise<string | null> {
  const timeoutMs = Math.min(policy.healthCheckTimeoutMs, LONGEST_TRY_MS);
  if (check.kind === 'http') {
    const { url, statuses, text } = check;
    const result = await ports.prober.http({ url, statuses, text }, timeoutMs, signal);
    return result.ok ? null : result.detail;
  }
  if (check.kind === 'tcp') {
    const result = await ports.prober.tcp(check.host, check.port, timeoutMs, signal);
    return result.ok ? null : result.detail;
  }
  const values = { systemName: policy.systemName, workingDirectory: policy.workingDirectory };
  const filled = fillCommand(check.commandLine, values);
  if (!filled.ok) return filled.detail;
  const command = { file: policy.shell, args: ['-c', filled.line], environment: policy.environment };
  const result = await ports.runner.run(command, { timeoutMs, signal });
  if (result.kind === 'exited') return result.exitCode === 0 ? null : `exit code ${result.exitCode}`;
  return result.kind === 'not_started' ? result.detail : result.kind;
}

function nameOf(check: HealthCheck): string {
  switch (check.kind) {
    case 'command':
      return 'health_check_command';
    case 'http':
      return `health_check_url ${check.url}`;
    case 'tcp':
      return `health_check_port ${check.host}:${check.port}`;
  }
}
