/** What a machine's units and files look like, to be compared with a later look. */
import type { BootedMachine } from './booted-machine.js';

/** Invocation of each loaded service by its name; empty where it does not run. Another one: it was started anew. */
export async function invocations(machine: BootedMachine): Promise<Readonly<Record<string, string>>> {
  const text = await machine.must(`systemctl show '*.service' --property=Id --property=InvocationID`);
  const property = (block: string, name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(block)?.[1] ?? '';
  return Object.fromEntries(
    text.split('\n\n').map((block) => [property(block, 'Id'), property(block, 'InvocationID')]),
  );
}
