/** Makes of a line what is written: cleaned, with its time, and as JSON. */
import { pid } from 'node:process';
import { pino } from 'pino';
import { isPlainJson, safeJsonText } from '../../domain/safe-text.js';
import { isoTimeText } from '../../domain/time-text.js';
import type { Cleaner } from './clean.js';
import type { WrittenLine } from './line-text.js';
import { LINE_LEVELS, type LineLevel, type LogLine } from './log-line.js';

/** Puts a line together that happened at `epochMs`. */
export type LineComposer = (line: LogLine, epochMs: number) => WrittenLine;

export function lineComposer(host: string, cleaner: Cleaner): LineComposer {
  const toJson = jsonWriter(host);
  return (line, epochMs) => {
    const { level, message } = line;
    const { kept, isSimple } = cleaner.settle(line.fields);
    if (isSimple) {
      // Nearly every line needs no cleaning, and one look at the whole of it is far cheaper than one at each of its texts.
      const json = toJson(level, message, kept, epochMs);
      if (cleaner.isClean(json)) return { level, epochMs, message, fields: kept, json, isPlain: true };
    }
    const cleaned = { message: cleaner.text(message), fields: cleaner.fields(line.fields) };
    const json = safeJsonText(toJson(level, cleaned.message, cleaned.fields, epochMs));
    return { level, epochMs, ...cleaned, json, isPlain: isPlainJson(json) };
  };
}

type JsonWriter = (level: LineLevel, message: string, fields: LogLine['fields'], epochMs: number) => string;

function jsonWriter(host: string): JsonWriter {
  const base = JSON.stringify({ service: 'process-monitor', host, pid }).slice(1, -1);
  let [head, json] = ['', ''];
  const settings = {
    level: LINE_LEVELS[0],
    base: null,
    messageKey: 'message',
    // All that stands between level and message: the engine writes the facts at once, where pino goes through them one by one.
    timestamp: () => head,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const logger = pino(settings, { write: (chunk: string) => void (json = chunk) });
  return (level, message, fields, epochMs) => {
    const facts = JSON.stringify(fields).slice(1, -1);
    head = `,"timestamp":"${isoTimeText(epochMs)}",${base}${facts === '' ? '' : ','}${facts}`;
    logger[level](message);
    return json.slice(0, -1);
  };
}
