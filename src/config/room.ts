/** Whether so many sections fit into the memory that the program may take: too many would end it in the middle of reading them. */
import type { IniDocument } from './ini.js';
import { errorIssue, type ConfigIssue } from './issues.js';

/** What a section and a line of it take while they are read a second time beside the first; measured on Node 20, with room to spare. */
const BYTES_PER_SECTION = 1400;
const BYTES_PER_LINE = 650;
/** The program itself. */
const BYTES_BESIDE = 18 * 1024 ** 2;

/** `heapLimitBytes`: the engine's own, which it does not go beyond. null: there is room. */
export function lackOfRoom(
  { sections }: Pick<IniDocument, 'sections'>,
  { source, heapLimitBytes }: { readonly source: string; readonly heapLimitBytes: number },
): ConfigIssue | null {
  const lines = sections.reduce((sum, { entries }) => sum + entries.size, 0);
  const needed = sections.length * BYTES_PER_SECTION + lines * BYTES_PER_LINE + BYTES_BESIDE;
  if (needed <= heapLimitBytes) return null;
  const megabytes = (bytes: number): string => String(Math.ceil(bytes / 1024 ** 2));
  const problem = `${String(sections.length)} sections take ${megabytes(needed)} MB of memory, and the program may have ${megabytes(heapLimitBytes)}`;
  const suggestion = `raise --max-old-space-size in ExecStart of the unit to ${megabytes(needed)} (systemctl edit process-monitor), or leave out what [process.default] says anyway`;
  return errorIssue({ source, problem, suggestion });
}
