/** How long a test waits for what must come: far longer than it takes on any machine, since only a defect makes it wait that long. */
export const PATIENCE = { timeout: 30_000, interval: 20 };
