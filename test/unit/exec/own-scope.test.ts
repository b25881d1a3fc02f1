/** The command lines that put a command into a scope of its own, and end it there. */
import { expect, it } from 'vitest';
import { endScopeCommand, inOwnScope } from '../../../src/adapters/exec/own-scope.js';

const COMMAND = { file: '/bin/sh', args: ['-c', 'true'], environment: { A: '1' }, scope: '0a1b' };

it('runs the command itself behind systemd-run, and shows nobody what it is', () => {
  const { file, args, environment } = inOwnScope(COMMAND, '0a1b', 7);
  expect(file).toBe('systemd-run');
  expect(args.slice(args.indexOf('--'))).toEqual(['--', '/bin/sh', '-c', 'true']);
  expect(args).toContain('--unit=process-monitor-0a1b-7.scope');
  expect(args.slice(0, args.indexOf('--')).join(' ')).not.toContain('true');
  expect(environment).toEqual({ A: '1' });
});

it('ends every run of one scope, and nothing of another', () => {
  expect(endScopeCommand('0a1b').args.slice(-2)).toEqual(['--', 'process-monitor-0a1b-*.scope']);
});
