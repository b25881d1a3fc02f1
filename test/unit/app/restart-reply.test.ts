/** What a person is told of a restart that was asked for. */
import { expect, it } from 'vitest';
import { restartReply } from '../../../src/app/control-handler.js';

it('a restart that the budget does not allow says what can be done about it', () => {
  const reply = restartReply('web', { kind: 'interrupted', why: 'budget_used_up' });
  expect(reply).toMatchObject({ ok: false, code: 'busy' });
  expect(reply.text).toContain('budget is used up; explain web says until when, breaker reset web');
});
