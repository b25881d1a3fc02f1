/** What is news about a row, and what has been said already. */
import { describe, expect, it } from 'vitest';
import { fanOut } from '../../src/engine/fan-out.js';
import { Sightings } from '../../src/engine/sightings.js';
import { idOf } from '../support/policy.js';
import { RecordingSink } from '../support/recording-sink.js';
import { row } from '../support/triage-world.js';

describe('a row', () => {
  it('is found once, and gone once', () => {
    const sightings = new Sightings();
    expect(sightings.update([row(1, 'app')])).toEqual({ found: [row(1, 'app')], gone: [] });
    expect(sightings.update([row(1, 'app')])).toEqual({ found: [], gone: [] });
    expect(sightings.update([])).toMatchObject({ found: [], gone: [{ processId: 1, processName: 'app' }] });
    expect(sightings.update([row(1, 'app')]).found).toHaveLength(1);
  });

  it('that is there twice is found once', () => {
    expect(new Sightings().update([row(1, 'app'), row(1, 'app')]).found).toHaveLength(1);
  });

  it('without an id or a name is told apart from others', () => {
    const batch = [row(null, 'app'), row(1, null), row(null, null), row(1, 'app')];
    expect(new Sightings().update(batch).found).toHaveLength(4);
  });

  it('has a reason told when it changes, and not each time', () => {
    const sightings = new Sightings();
    const app = row(1, 'app');
    sightings.update([app]);
    expect(
      (['unlisted', 'unlisted', 'disabled', 'unlisted'] as const).map((code) => sightings.isNews(app, code)),
    ).toEqual([true, false, true, true]);
  });

  it('has the same reason told again after a restart, or when it comes back', () => {
    const sightings = new Sightings();
    const app = row(1, 'app');
    sightings.update([app]);
    sightings.isNews(app, 'breaker_open');
    sightings.noteHandling({ processId: idOf(1), processName: 'app' });
    expect(sightings.isNews(app, 'breaker_open')).toBe(true);
    sightings.update([]);
    sightings.update([app]);
    expect(sightings.isNews(app, 'breaker_open')).toBe(true);
  });
});

it('a sink that throws keeps no event from the others', () => {
  const sink = new RecordingSink();
  const broken = {
    emit(): void {
      throw new Error('no disk');
    },
  };
  fanOut([broken, sink]).emit({ type: 'monitor.stopped' });
  expect(sink.events).toEqual([{ type: 'monitor.stopped' }]);
});
