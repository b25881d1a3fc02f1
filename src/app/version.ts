/** The version of the program, put in when it is built. */

declare const PROCESS_MONITOR_VERSION: string | undefined;

/** `0.0.0-source` where it runs unbuilt. */
export const VERSION = typeof PROCESS_MONITOR_VERSION === 'string' ? PROCESS_MONITOR_VERSION : '0.0.0-source';
