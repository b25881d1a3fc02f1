/** How long things of one handling may take at most, from its policy alone. */
import type { ProcessPolicy } from './process-policy.js';

/** The pause before attempt `attempt` (2, 3, …), milliseconds. */
export function restartDelayMs(policy: ProcessPolicy, attempt: number): number {
  const grown = policy.restartDelayMs * policy.restartDelayMultiplier ** (attempt - 2);
  return Math.min(grown, Math.max(policy.restartDelayMaxMs, policy.restartDelayMs));
}

/** By then a handling has ended however it went: every attempt with all its waits. */
export function longestHandlingMs(policy: ProcessPolicy, maxAttempts: number): number {
  const preMs = policy.preRestartCommand === null ? 0 : policy.commandTimeoutMs;
  const oneAttemptMs =
    policy.commandTimeoutMs + policy.stopTimeoutMs + policy.settleTimeMs + policy.healthCheckTimeoutMs;
  let delaysMs = 0;
  for (let attempt = 2; attempt <= maxAttempts; attempt += 1) delaysMs += restartDelayMs(policy, attempt);
  return preMs + maxAttempts * oneAttemptMs + delaysMs;
}
