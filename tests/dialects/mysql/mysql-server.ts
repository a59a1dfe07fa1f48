import { type Connection as Client, createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll } from 'vitest';
import { makeAuthority } from '../../support/certificates.ts';
import type { ServerUnderTest } from '../../connectors/conformance.ts';
import { readBack, summarize } from '../../connectors/mysql/mysql-summary.ts';
import { type Address, decoded } from '../addresses.ts';
import { type Front, startFront } from '../../support/servers/front.ts';
import { meetMysql } from './meet-mysql.ts';

const user = 'basekeep_reader';
const password = `Basekeep's "reader" 1`;

/** What a data source's user needs. Asked for by '%': a container sees us come from its bridge. */
const account = `
  create user ${user}@'%' identified by 'Basekeep\\'s "reader" 1';
  grant select, show view, references on *.* to ${user}@'%'`;

const own = ['information_schema', 'mysql', 'performance_schema', 'sys', 'basekeep'];
/** Stands while the suite is at work: where it does, every other database is the suite's too. */
const marker = 'basekeep_suite';

export function connectAsAdministrator({ url }: Address): Promise<Client> {
  return createConnection({
    ...{ host: url.hostname, port: Number(url.port), multipleStatements: true },
    ...{ user: decoded(url.username), password: decoded(url.password) },
    ssl: { rejectUnauthorized: false },
  });
}

/**
 * A MySQL of which the suite makes and drops databases; it is left as it was found, and one with
 * databases of somebody else's is refused. Its users sign in over TLS, as caching_sha2_password wants it.
 */
export function useMysql(address: Address): ServerUnderTest {
  const authority = makeAuthority();
  const fronts: Front[] = [];
  let root: Client;
  let front: Front;
  let plain: Front;

  async function start(identity: Parameters<typeof meetMysql>[0]): Promise<Front> {
    const started = await startFront(address.url, meetMysql(identity));
    fronts.push(started);
    return started;
  }

  async function clear(): Promise<void> {
    await root.query(`drop user if exists ${user}@'%'`);
    const [rows] = await root.query<RowDataPacket[][]>({
      sql: 'show databases',
      rowsAsArray: true,
    });
    const names = rows.map(([name]) => String(name)).filter((name) => !own.includes(name));
    if (names.length > 0 && !names.includes(marker)) {
      throw new Error(`Not a server for tests: it has ${names.join(', ')}`);
    }
    for (const name of names.filter((one) => one !== marker)) {
      await root.query(`drop database \`${name.replaceAll('`', '``')}\``);
    }
    await root.query(`drop database if exists ${marker}`);
  }

  beforeAll(async () => {
    root = await connectAsAdministrator(address);
    await clear();
    await root.query(`create database ${marker}`);
    await root.query(account);
    front = await start(authority.sign({ names: 'DNS:localhost,IP:127.0.0.1' }));
    plain = await start(null);
  });
  afterAll(async () => {
    await Promise.all(fronts.map((one) => one.close()));
    await clear();
    await root.end();
  });

  return {
    get connection() {
      const tls = { sslEnabled: true, sslCaCertificate: authority.cert };
      return { host: '127.0.0.1', port: front.port, username: user, ...tls };
    },
    get withoutTls() {
      return { port: plain.port };
    },
    password,
    async execute(sql) {
      await root.query(sql);
    },
    readBack: () => readBack(root),
    summarize,
    startTlsFront: start,
    block: () => Promise.resolve(front.block()).then((release) => () => Promise.resolve(release())),
    async connections() {
      const [[row]] = await root.query<RowDataPacket[]>(
        'select count(*) as n from information_schema.processlist where user = ?',
        [user],
      );
      return Number(row?.['n']);
    },
  };
}
