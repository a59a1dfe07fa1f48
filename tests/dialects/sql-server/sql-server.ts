import { afterAll, beforeAll } from 'vitest';
import type { ServerUnderTest } from '../../connectors/conformance.ts';
import { type Front, startFront } from '../../support/servers/front.ts';
import type { Address } from '../addresses.ts';
import { columnLines, inLines } from '../column-lines.ts';
import { type Administrator, signInAsAdministrator } from './administrator.ts';
import { meetSqlServer } from './meet-sql-server.ts';

const user = 'basekeep_reader';
const database = 'basekeep_test';
const password = `Basekeep's "reader" 1`;

const clearing = [
  `if db_id('${database}') is not null
    alter database ${database} set single_user with rollback immediate`,
  `drop database if exists ${database}`,
  `if suser_id('${user}') is not null drop login ${user}`,
];

/** What a data source's user needs: to read, and to see what things are made of. */
const account = `create user ${user} for login ${user};
  alter role db_datareader add member ${user};
  grant view definition to ${user}`;

/** A SQL Server in which the suite makes a database of its own, and drops it. */
export function useSqlServer(address: Address): ServerUnderTest {
  const fronts: Front[] = [];
  let master: Administrator;
  let owner: Administrator | undefined;
  let front: Front;
  let plain: Front;

  async function start(identity?: Parameters<typeof meetSqlServer>[0]): Promise<Front> {
    const meeting = identity === undefined ? [] : [meetSqlServer(identity)];
    const started = await startFront(address.url, ...meeting);
    fronts.push(started);
    return started;
  }

  beforeAll(async () => {
    master = await signInAsAdministrator(address, 'master');
    for (const batch of clearing) await master.query(batch);
    await master.query(`create database ${database}`);
    const secret = password.replaceAll("'", "''");
    await master.query(
      `create login ${user} with password = N'${secret}', default_database = ${database}`,
    );
    owner = await signInAsAdministrator(address, database);
    await owner.query(account);
    front = await start();
    plain = await start(null);
  });
  afterAll(async () => {
    await Promise.all(fronts.map((one) => one.close()));
    owner?.close();
    for (const batch of clearing) await master.query(batch);
    master.close();
  });
  const query = async (batch: string) => (await owner?.query(batch)) ?? [];

  return {
    get connection() {
      const fields = { host: '127.0.0.1', port: front.port, username: user };
      return { ...fields, databaseName: database };
    },
    get withoutTls() {
      return { port: plain.port };
    },
    password,
    async execute(sql) {
      for (const batch of sql.split('\ngo\n')) await query(batch);
    },
    async readBack() {
      const rows = await query(`select table_schema, table_name, column_name
        from information_schema.columns order by table_schema, table_name, ordinal_position`);
      return inLines(rows);
    },
    summarize: columnLines,
    startTlsFront: start,
    block() {
      const release = front.block();
      return Promise.resolve(() => Promise.resolve(release()));
    },
    async connections() {
      const [[count] = []] = await master.query(
        `select count(*) from sys.dm_exec_sessions where login_name = '${user}'`,
      );
      return Number(count);
    },
  };
}
