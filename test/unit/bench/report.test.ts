/** How a run is shown: on the terminal, and as docs/performance.md. */
import { describe, expect, it } from 'vitest';
import { figure } from '../../bench/figures.js';
import { performancePage } from '../../bench/performance-page.js';
import { shown, terminalTable, type PartReport, type Report } from '../../bench/report.js';
import { read } from '../docs/documents.js';

const PART: PartReport = {
  name: 'one-alarm',
  figures: [
    figure(['one-alarm.daemon', 'the daemon'], 'ms', [20, 26, 40], {
      limit: 'one-alarm.limit',
      aim: { of: 'ratio', atMost: 1.25 },
    }),
    figure(['one-alarm.limit', 'bare'], 'ms', [20]),
  ],
  notes: ['Monit: not installed'],
};
const REPORT: Report = {
  ...{ day: '2026-11-21', quick: false, seconds: 540, parts: [PART] },
  machine: {
    ...{ processor: 'Some (x64)', cores: 2, memoryGb: 24, kernel: '6.1.0', systemd: '252', mariadb: '10.11.4' },
    ...{ node: '20.20.2', load: 0.1 },
  },
};

describe('a number', () => {
  it.each([
    [1234.5, '1,235'],
    [20.26, '20.3'],
    [0.0712, '0.0712'],
    [2, '2'],
    [0, '0'],
    [-3.123, '-3.12'],
  ])('%d is shown as %s', (value, text) => {
    expect(shown(value)).toBe(text);
  });
});

describe('the table on the terminal', () => {
  it('shows least, middle, most, the ratio, whether the aim is met, and what was not measured', () => {
    const [, daemon, bare, note] = terminalTable(PART).split('\n');
    expect(daemon?.trim().split(/\s{2,}/)).toEqual(['the daemon', '20', '26', '40 ms', '1.3 ×', '≤ 1.25 ×: missed']);
    expect(bare?.trim().split(/\s{2,}/)).toEqual(['bare', '20', '20', '20 ms']);
    expect(note).toContain('Monit: not installed');
  });
});

describe('the page', () => {
  const page = performancePage(REPORT);

  it('says what the figures were measured on', () => {
    for (const word of ['2026-11-21', 'Some (x64), 2 cores', 'systemd 252', 'MariaDB 10.11.4', 'Node 20.20.2']) {
      expect(page).toContain(word);
    }
  });

  it('says which aims are met and which are not', () => {
    expect(page).toContain('0 of 1 are met.');
    expect(page).toContain('| the daemon | 26 ms | 20 ms | 1.3 × | ≤ 1.25 × | **missed** |');
  });

  it('shows each figure with its spread, and what was not measured', () => {
    expect(page).toContain('| the daemon, ms | 20 | 26 | 40 | 3 | 1.3 × |');
    expect(page).toContain('Not measured: Monit: not installed.');
  });

  it('says nothing about what the run has not measured', () => {
    expect(page).toContain('One alarm is handled in 26 ms');
    expect(page).not.toContain('Twenty hanging');
  });
});

describe('docs/performance.md', () => {
  it('is what the kept figures make it', () => {
    const report = JSON.parse(read('docs/performance.json')) as Report;
    expect(read('docs/performance.md')).toBe(performancePage(report));
  });
});
