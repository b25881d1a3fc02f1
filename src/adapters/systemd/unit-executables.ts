/** Reads from `systemctl show` which files a unit is made of and what it executes. */

/** What to ask for. */
export const EXECUTION_PROPERTIES = [
  'Id',
  'User',
  'FragmentPath',
  'DropInPaths',
  'EnvironmentFiles',
  'ExecCondition',
  'ExecStartPre',
  'ExecStart',
  'ExecStartPost',
  'ExecReload',
  'ExecStop',
  'ExecStopPost',
] as const;

export interface UnitExecution {
  readonly id: string;
  /** Empty: root. */
  readonly user: string;
  /** Absolute paths of unit files, programs, scripts and environment files; each once. */
  readonly paths: readonly string[];
}

/** One for each block of the output. */
export function parseExecutions(output: string): readonly UnitExecution[] {
  return output
    .split(/\n{2,}/)
    .map(parseBlock)
    .filter(({ id }) => id !== '');
}

/** Example of a line: `ExecStart={ path=/bin/sh ; argv[]=/bin/sh /opt/x.sh ; ignore_errors=no ; … }` */
function parseBlock(block: string): UnitExecution {
  let id = '';
  let user = '';
  const paths = new Set<string>();
  for (const line of block.split('\n')) {
    const at = line.indexOf('=');
    const [property, value] = [line.slice(0, Math.max(at, 0)), line.slice(at + 1)];
    if (property === 'Id') id = value;
    else if (property === 'User') user = value;
    else if (property.startsWith('Exec')) for (const path of executed(value)) paths.add(path);
    else for (const path of value.split(' ').filter((word) => word.startsWith('/'))) paths.add(path);
  }
  return { id, user, paths: [...paths] };
}

/** The program by its path, and every argument that could be a script of its. */
function executed(value: string): readonly string[] {
  const [, path = '', argv = ''] = /^\{ path=(.*?) ; argv\[\]=(.*?) ; ignore_errors=/.exec(value) ?? [];
  return [path, ...argv.split(' ')].filter((word) => word.startsWith('/'));
}
