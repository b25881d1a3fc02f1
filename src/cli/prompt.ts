/** Asks a person on the terminal. */
import { createInterface } from 'node:readline';

/** null: the person has closed the input, or pressed Ctrl-C. */
export type Ask = (question: string) => Promise<string | null>;

/** Both ends are a person's terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}

/** Holds the terminal for this one question only: in between, Ctrl-C is a signal as ever. */
export const ask: Ask = (question) =>
  new Promise((resolve) => {
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    const answer = (text: string | null): void => {
      resolve(text);
      terminal.close();
    };
    terminal.on('SIGINT', () => answer(null));
    terminal.on('close', () => resolve(null));
    terminal.question(question, (text) => answer(text.trim()));
  });
