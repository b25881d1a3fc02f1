/** The whole race, on three kinds of servers: `npm run stress:alarms` prints the table of docs/measurements.md. */
import { afterAll, describe, expect, it } from 'vitest';
import type { DatabaseServer } from '../support/servers/database-server.js';
import { startGalera } from '../support/servers/galera.js';
import { startMariadb } from '../support/servers/mariadb.js';
import { startMysql, whyNoMysql } from '../support/servers/mysql.js';
import { race } from './alarm-race.js';
import type { RaceResult, RaiseStyle } from './race-site.js';
import { raceTables, type RaceTables } from './race-tables.js';

const RAISES = Number(process.env['RAISES'] ?? 2700);
const STYLES: readonly RaiseStyle[] = ['own_note', 'same_note', 'alarm_only'];
const CELL_MS = 200_000;
const noMysql = await whyNoMysql();

interface Site {
  /** Where the monitor works. */
  readonly server: DatabaseServer;
  /** Where alarms are raised. */
  readonly raiser: DatabaseServer;
  readonly stop: () => Promise<void>;
}

const SITES: readonly (readonly [string, () => Promise<Site>])[] = [
  ['MariaDB', async () => alone(await startMariadb())],
  ...(noMysql === null ? [['MySQL', async () => alone(await startMysql())] as const] : []),
  [
    'Galera, raised on another node',
    async () => {
      const cluster = await startGalera();
      const [server, raiser] = cluster.nodes;
      return { server, raiser, stop: () => cluster.stop() };
    },
  ],
];

function alone(server: DatabaseServer): Site {
  return { server, raiser: server, stop: () => server.stop() };
}

const lines: string[] = [];

function note(cell: string, { raises, restarts, lostVisible, lostInvisible, needless, kills }: RaceResult): void {
  const share = `${((100 * needless) / restarts).toFixed(1)} %`;
  const figures = [raises, kills, lostVisible, lostInvisible, `${needless} (${share})`];
  lines.push(`| ${cell} | ${figures.join(' | ')} |`);
}

afterAll(() => {
  console.log(['| cell | raises | kills | lost, visible | lost, invisible | needless restarts |', ...lines].join('\n'));
});

describe.each(SITES)('on %s', (name, start) => {
  let site: Site | null = null;
  let tables: RaceTables | null = null;
  const opened = async (): Promise<RaceTables> => {
    site ??= await start();
    tables ??= await raceTables(site.server, site.raiser);
    return tables;
  };
  afterAll(async () => {
    await tables?.dispose();
    await site?.stop();
  });

  for (const kills of [false, true]) {
    for (const style of STYLES) {
      const cell = (way: string): string => `${name}, ${way}, ${style}${kills ? ', kills' : ''}`;
      const run = async (way: 'blind' | 'claimed', label: string): Promise<RaceResult> => {
        const { world } = await opened();
        const result = await race(world, { way, style, kills, processes: 20, raises: RAISES });
        note(cell(label), result);
        return result;
      };

      it(`resetting blindly loses alarms: ${style}${kills ? ', with kills' : ''}`, { timeout: CELL_MS }, async () => {
        const { lostVisible, lostInvisible } = await run('blind', 'blind');
        expect(lostVisible).toBeGreaterThan(0);
        expect(lostInvisible).toBeGreaterThan(0);
      });

      it(
        `a mark loses none that it can see: ${style}${kills ? ', with kills' : ''}`,
        { timeout: CELL_MS },
        async () => {
          const { lostVisible, lostInvisible } = await run('claimed', 'mark');
          expect(lostVisible).toBe(0);
          if (style !== 'alarm_only') expect(lostInvisible).toBe(0);
        },
      );

      it(`a sequence number loses none: ${style}${kills ? ', with kills' : ''}`, { timeout: CELL_MS }, async () => {
        const { migrate } = await opened();
        await migrate('migrate');
        try {
          const { lostVisible, lostInvisible } = await run('claimed', 'sequence');
          expect([lostVisible, lostInvisible]).toEqual([0, 0]);
        } finally {
          await migrate('revert');
        }
      });
    }
  }
});
