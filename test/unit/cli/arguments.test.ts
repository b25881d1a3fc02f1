/** How the predecessor's spellings are read. */
import { describe, expect, it } from 'vitest';
import { modernArguments } from '../../../src/cli/arguments.js';

describe('arguments', () => {
  it.each([
    ['no word at all is the daemon', '', 'run'],
    ['options alone are the daemon’s', '--config x.ini --once', 'run --config x.ini --once'],
    ['--config-test checks the settings', '--config-test', 'config check'],
    ['--status shows the status', '--status --lang ro', 'status --lang ro'],
    ['--status after a global option', '--config --status --status', '--config --status status'],
    ['--restart NAME restarts', '--restart sshd', 'restart sshd'],
    ['--restart=NAME too', '--restart=sshd', 'restart sshd'],
    ['--restart without a name asks for none', '--restart', 'restart'],
    ['--help stays a question about the program', '--help', '--help'],
    ['--version too', '--config x -V', '--config x -V'],
    ['an unknown word stays one', 'statsu', 'statsu'],
    ['old spellings behind a command are that command’s business', 'explain --status', 'explain --status'],
    ['alarm alone is the menu', 'alarm', 'alarm menu'],
    ['alarm with an option is still the menu', 'alarm --lang ro', 'alarm menu --lang ro'],
    ['alarm --help is no menu', 'alarm --help', 'alarm --help'],
    ['alarm --reset-all clears all without asking', 'alarm --reset-all', 'alarm clear --all --yes'],
    ['alarm --random keeps its options', 'alarm --random --min-delay 1', 'alarm random --min-delay 1'],
    ['alarm random is as it is', 'alarm random --count 3', 'alarm random --count 3'],
    ['an unknown word of alarm stays one', 'alarm rais x', 'alarm rais x'],
  ])('%s', (_, before, after) => {
    expect(modernArguments(before.split(' ').filter((word) => word !== '')).join(' ')).toBe(after);
  });
});
