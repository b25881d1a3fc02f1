/** The version of the program and where it comes from, put in when it is built. */
import { version as nodeVersion } from 'node:process';

declare const PROCESS_MONITOR_VERSION: string | undefined;
declare const PROCESS_MONITOR_PROVENANCE: string | null | undefined;

/** `0.0.0-source` where it runs unbuilt. */
export const VERSION = typeof PROCESS_MONITOR_VERSION === 'string' ? PROCESS_MONITOR_VERSION : '0.0.0-source';

/** Its commit; `local`: built of sources that were changed since their commit; null: nothing is known. */
const PROVENANCE = typeof PROCESS_MONITOR_PROVENANCE === 'string' ? PROCESS_MONITOR_PROVENANCE : null;

/** For people: `process-monitor 0.1.0 (commit 1a2b3c4d5e6f, Node v20.20.2)`. */
export function versionText(
  version: string = VERSION,
  provenance: string | null = PROVENANCE,
  node: string = nodeVersion,
): string {
  if (provenance === null) return `process-monitor ${version} (Node ${node})`;
  if (provenance === 'local') return `process-monitor ${version}+local (Node ${node})`;
  return `process-monitor ${version} (commit ${provenance}, Node ${node})`;
}
