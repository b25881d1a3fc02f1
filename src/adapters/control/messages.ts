/** What is said over the control socket: one line of JSON each way. */
import type { Socket } from 'node:net';
import { CONTROL_COMMANDS, type ControlReply, type ControlRequest } from '../../ports/control-handler.js';

/** A longer line is refused. */
export const LONGEST_LINE_BYTES = 64 * 1024;

const REPLY_CODES: readonly ControlReply['code'][] = ['done', 'unhealthy', 'unknown_process', 'busy', 'failed'];
const LINE_END = 0x0a;

/** One line without its end; `closed`: the other side ended before its line did. */
export type ReceivedLine =
  { readonly kind: 'line'; readonly text: string } | { readonly kind: 'too_long' } | { readonly kind: 'closed' };

/** Resolves with the first line that arrives; whatever follows it is ignored. Never rejects. */
export function receiveLine(socket: Socket): Promise<ReceivedLine> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    socket.on('data', (chunk: Buffer) => {
      const end = chunk.indexOf(LINE_END);
      const part = end === -1 ? chunk : chunk.subarray(0, end);
      sizeBytes += part.length;
      if (sizeBytes > LONGEST_LINE_BYTES) {
        chunks.length = 0;
        resolve({ kind: 'too_long' });
        return;
      }
      chunks.push(part);
      if (end !== -1) resolve({ kind: 'line', text: Buffer.concat(chunks).toString('utf8') });
    });
    socket.once('end', () => resolve({ kind: 'closed' }));
    socket.once('close', () => resolve({ kind: 'closed' }));
  });
}

/** Example: `{"command":"restart","target":"sshd"}`. Returns null for anything that is no request. */
export function parseRequest(text: string): ControlRequest | null {
  const { command: asked, target = '' } = parseObject(text);
  const command = CONTROL_COMMANDS.find((known) => known === asked);
  return command === undefined || typeof target !== 'string' ? null : { command, target };
}

/** Example: `{"ok":true,"code":"done","text":"restarted and well"}`. Returns null for anything that is no reply. */
export function parseReply(text: string): ControlReply | null {
  const reply = parseObject(text);
  const code = REPLY_CODES.find((known) => known === reply['code']);
  return code === undefined || typeof reply['ok'] !== 'boolean' || typeof reply['text'] !== 'string'
    ? null
    : { ok: reply['ok'], code, text: reply['text'] };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
