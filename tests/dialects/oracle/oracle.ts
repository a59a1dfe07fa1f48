import oracledb from 'oracledb';
import { afterAll, beforeAll } from 'vitest';
import type { ServerUnderTest } from '../../connectors/conformance.ts';
import { type Front, inTls, startFront } from '../../support/servers/front.ts';
import { type Address, decoded } from '../addresses.ts';
import { columnLines, inLines } from '../column-lines.ts';
import { schemas } from './oracle-awkward.ts';

const user = 'BASEKEEP_READER';
const password = `Basekeep's_reader_1`;
/** ORA-01918: there is no such user. */
const noUser = 1_918;

const clearing = [user, ...schemas].map(
  (name) => `begin execute immediate 'drop user "${name}" cascade';
    exception when others then if sqlcode <> -${noUser} then raise; end if; end;`,
);

const account = [
  `create user "${user}" identified by "${password}"`,
  // What a data source's user needs: to see tables.
  `grant create session, select any table to "${user}"`,
];

/** An Oracle Database in which the suite makes users with tables of their own, and drops them. */
export function useOracle(address: Address): ServerUnderTest {
  const { hostname, port, pathname, username, password: secret } = address.url;
  const service = pathname.slice(1);
  let system: oracledb.Connection | undefined;
  let front: Front;
  const query = async (text: string): Promise<readonly unknown[][]> => {
    const outFormat = oracledb.OUT_FORMAT_ARRAY;
    const answer = await system?.execute<unknown[]>(text, {}, { maxRows: 0, outFormat });
    return answer?.rows ?? [];
  };

  beforeAll(async () => {
    system = await oracledb.getConnection({
      ...{ user: decoded(username), password: decoded(secret) },
      connectString: `${hostname}:${port}/${service}`,
      // Tables come and go here: a statement that is kept could be one over what is gone.
      stmtCacheSize: 0,
    });
    for (const statement of [...clearing, ...account]) await query(statement);
    front = await startFront(address.url);
  });
  afterAll(async () => {
    await front?.close();
    if (!system) return;
    for (const statement of clearing) await query(statement);
    await system.close();
  });

  return {
    get connection() {
      const fields = { host: '127.0.0.1', port: front.port, username: user };
      return { ...fields, databaseName: service };
    },
    password,
    async execute(sql) {
      for (const statement of sql.split('\n/\n')) await query(statement);
    },
    async readBack() {
      const owners = schemas.map((name) => `'${name}'`).join(', ');
      const rows = await query(
        `select owner, table_name, column_name from dba_tab_columns where owner in (${owners})`,
      );
      return inLines(rows);
    },
    summarize: columnLines,
    startTlsFront: (identity) => startFront(address.url, inTls(identity)),
    block() {
      const release = front.block();
      return Promise.resolve(() => Promise.resolve(release()));
    },
    async connections() {
      const [[count] = []] = await query(
        `select count(*) from v$session where username = '${user}'`,
      );
      return Number(count);
    },
  };
}
