/** The rights that docs/database.md gives to a user, as statements and one by one. */
import { readFileSync } from 'node:fs';

/** Example: `{ table: 'PROCESE', action: 'SELECT', column: 'process_id' }`; column null: the whole table. */
export interface Privilege {
  readonly table: string;
  readonly action: string;
  readonly column: string | null;
}

/** The statements for this user in the manual, with another database and for another account. Throws where it has none. */
export function documentedGrants(user: string, database: string, account: string): readonly string[] {
  const manual = readFileSync(new URL('../../docs/database.md', import.meta.url), 'utf8');
  const grants = (manual.match(/^GRANT .*;$/gm) ?? []).filter((grant) => grant.includes(` TO '${user}'@`));
  if (grants.length === 0) throw new Error(`docs/database.md gives ${user} no rights`);
  return grants.map((grant) =>
    grant.replace('v_process_monitor', database).replace(/ TO '.*?'@'.*?'/, ` TO ${account}`),
  );
}

/** Each single right that the statements give, in their order. */
export function singleRights(grants: readonly string[]): readonly Privilege[] {
  return grants.flatMap((grant) => {
    const [, actions = '', table = ''] = /^GRANT (.*) ON \w+\.(\w+) TO /.exec(grant) ?? [];
    return [...actions.matchAll(/(\w+)(?: \(([^)]*)\))?(?:, |$)/g)].flatMap(([, action = '', columns]) =>
      (columns?.split(', ') ?? [null]).map((column) => ({ table, action, column })),
    );
  });
}

/** Example: `UPDATE (notes) ON STATUS_PROCESS`. */
export function nameOfRight({ table, action, column }: Privilege): string {
  return `${action}${column === null ? '' : ` (${column})`} ON ${table}`;
}
