/** `process-monitor demo`: shows the whole journey of an alarm, without a server and without root. */
import { isDumb, mayColour } from './screen.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Returns the exit code: 0 when it ended as asked or by itself, 1 when it failed. */
export async function demo(options: { readonly forSeconds: number | null }): Promise<number> {
  const stop = new AbortController();
  const hurry = new AbortController();
  const onSignal = (): void => (stop.signal.aborted ? hurry : stop).abort();
  // A reader that has gone, as in `demo | head`, ends the demo too.
  const onBrokenPipe = (): void => stop.abort();
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.stdout.on('error', onBrokenPipe);
  const isTerminal = process.stdout.isTTY && !isDumb(process.env);
  try {
    const { runDemo } = await import('../app/demo/run-demo.js');
    await runDemo({
      forMs: options.forSeconds === null ? null : options.forSeconds * 1000,
      screen: {
        write: (text) => void process.stdout.write(text),
        isTerminal,
        isColoured: isTerminal && mayColour(process.env),
        // A terminal that does not know its width says 0.
        columns: () => process.stdout.columns || 80,
      },
      stop: stop.signal,
      hurry: hurry.signal,
    });
    return 0;
  } catch (cause: unknown) {
    process.stderr.write(`demo failed: ${cause instanceof Error ? cause.message : String(cause)}\n`);
    return 1;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    process.stdout.off('error', onBrokenPipe);
  }
}
