/** Settings as they are now, for a monitor that has waited for its turn. */
import { ConfigError, formatIssue } from '../config/issues.js';
import type { EventSink } from '../ports/event-sink.js';
import type { DaemonOptions } from './daemon-options.js';

/** Who has waited for another one's end may have read the settings long ago. Where they are wrong now, the old ones count. */
export function readAnew(options: DaemonOptions, events: EventSink): DaemonOptions {
  try {
    const loaded = options.load();
    return { ...options, loaded, notices: loaded.notices.map(formatIssue) };
  } catch (cause: unknown) {
    if (!(cause instanceof ConfigError)) throw cause;
    for (const issue of cause.issues) events.emit({ type: 'settings.refused', detail: formatIssue(issue) });
    return options;
  }
}
