import type { Connection as Client, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll } from 'vitest';
import { canMakeCertificates, type Identity, makeAuthority } from '../../support/certificates.ts';
import { type Mariadb, mariadbMissing, startMariadb } from '../../support/servers/mariadb.ts';
import type { ServerUnderTest } from '../conformance.ts';
import { readBack, summarize } from './mysql-summary.ts';

const user = 'reader';
const password = 'p@ß "word" \\ \'';
const local = { names: 'DNS:localhost,IP:127.0.0.1' };

/** What a data source's user needs: to see tables, and nothing of what is in them changed. */
const account = `
  create user ${user}@'127.0.0.1' identified by 'p@ß "word" \\\\ \\'';
  grant select, show view, references on *.* to ${user}@'127.0.0.1';`;

/** A MariaDB as the conformance suite wants it; with `requireTls` as PlanetScale is reached. */
export function useMariadb({ requireTls }: { requireTls: boolean }): ServerUnderTest {
  const authority = requireTls && canMakeCertificates() ? makeAuthority() : null;
  const servers: Mariadb[] = [];
  let main: Mariadb;
  let root: Client;
  let front: Mariadb | undefined;
  let plainPort = 0;

  async function start(options: Parameters<typeof startMariadb>[0]): Promise<Mariadb> {
    const server = await startMariadb(options);
    servers.push(server);
    const client = await server.connect();
    await client.query(account);
    await client.end();
    return server;
  }

  beforeAll(async () => {
    if (mariadbMissing()) return;
    const identity = authority ? { identity: authority.sign(local) } : {};
    const options = authority ? { options: ['--require-secure-transport=on'] } : {};
    main = await start({ ...identity, ...options });
    plainPort = authority ? (await start({})).port : main.port;
    root = await main.connect();
  });
  afterAll(async () => {
    root?.destroy();
    await Promise.all(servers.map((server) => server.stop()));
  });

  return {
    get connection() {
      const tls = { sslEnabled: true, sslCaCertificate: authority?.cert ?? null };
      const fields = { host: '127.0.0.1', port: main.port, username: user };
      return authority ? { ...fields, ...tls } : fields;
    },
    get withoutTls() {
      return { port: plainPort };
    },
    password,
    async execute(sql) {
      await root.query(sql);
    },
    readBack: () => readBack(root),
    summarize,
    async startTlsFront(identity: Identity) {
      front ??= await start({ identity });
      await front.show(identity);
      return { port: front.port, close: () => Promise.resolve() };
    },
    async block() {
      // The table under construction is locked against everybody who would look at it.
      const blocker = await main.connect();
      const [[row]] = await blocker.query<RowDataPacket[]>('select connection_id() as id');
      await root.query('create database basekeep_block');
      const creating = blocker
        .query('create table basekeep_block.slow as select sleep(3600) as slept')
        .catch(() => undefined);
      await untilCreating(root);
      return async () => {
        await root.query(`kill ${Number(row?.['id'])}`);
        await creating;
        blocker.destroy();
        await root.query('drop database basekeep_block');
      };
    },
    async connections() {
      const [[row]] = await root.query<RowDataPacket[]>(
        'select count(*) as n from information_schema.processlist where user = ?',
        [user],
      );
      return Number(row?.['n']);
    },
  };
}

async function untilCreating(root: Client): Promise<void> {
  for (;;) {
    const [rows] = await root.query<RowDataPacket[]>(
      "select id from information_schema.processlist where state = 'User sleep'",
    );
    if (rows.length > 0) return;
  }
}

const schemas = 20;

/** A thousand tables like those of tests/support/sources/large-schema.ts, as MySQL writes them. */
export function* thousandTables(): Generator<string> {
  const all = Array.from({ length: schemas }, (_, n) => `create database large_${n};`);
  yield all.join('\n');
  for (let first = 0; first < 1_000; first += 100) {
    yield Array.from({ length: 100 }, (_, n) => tableStatement(first + n)).join('\n');
  }
}

function tableStatement(n: number): string {
  const schema = `large_${n % schemas}`;
  const columns = Array.from({ length: 20 }, (_, c) => columnDefinition(c)).join(', ');
  // The referenced table lies a whole round of schemas earlier, so it is in the same schema.
  const isChild = n % 2 === 1 && n >= schemas;
  const key = isChild ? `, foreign key (c4) references ${schema}.t_${n - schemas} (id)` : '';
  return `create table ${schema}.t_${n} (${columns}, primary key (id),
    index t_${n}_plain (c1, c2 desc)${key}) comment 'Table ${n}';`;
}

function columnDefinition(c: number): string {
  switch (c % 5) {
    case 0:
      return c === 0 ? 'id bigint not null' : `c${c} decimal(12,2) not null default 0`;
    case 1:
      return `c${c} datetime default now() comment 'What c${c} holds'`;
    case 2:
      return c % 2 === 0 ? `c${c} boolean not null` : `c${c} integer default 42`;
    case 3:
      return `c${c} text`;
    default:
      return `c${c} bigint`;
  }
}
