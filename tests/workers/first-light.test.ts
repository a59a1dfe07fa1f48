import { createServer, connect, type Server } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { useDatabase, useEmptyDatabase } from '../support/database.ts';
import { eventually, useInstallation } from '../support/worker.ts';

const control = useDatabase();
const shop = useEmptyDatabase('shop');
const installation = useInstallation(control);

/** Another way to the test's server: its own port is closed, being the control plane's. */
let side: Server;
let sidePort = 0;

beforeAll(async () => {
  await shop.pool.query(`
    create table customer (id bigint primary key, email text not null unique);
    comment on table customer is 'Who buys';
    create table purchase (id bigint primary key, customer_id bigint references customer);`);
  const { hostname, port } = new URL(inject('postgresUrl'));
  side = createServer((socket) => {
    const onward = connect(Number(port), hostname);
    socket.pipe(onward).pipe(socket);
    socket.on('error', () => onward.destroy());
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  side.listen(0, '127.0.0.1');
  await once(side, 'listening');
  const address = side.address();
  sidePort = address !== null && typeof address === 'object' ? address.port : 0;
});

afterAll(() => void side.close());

function target(port = sidePort) {
  const { username, password } = new URL(shop.url);
  return {
    host: '127.0.0.1',
    port,
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    databaseName: shop.name,
  };
}

describe('a data source that was created', () => {
  it('has its schema and its health within seconds', async () => {
    await installation.work();
    const id = await installation.createSource(target());
    const source = await eventually(async () => {
      const { rows } = await control.pool.query(
        `select * from data_source where id = $1 and last_sync_status = 'SUCCESS'
           and exists (select 1 from health_check where data_source_id = $1)`,
        [id],
      );
      return rows[0];
    });
    expect(source).toMatchObject({ sync_failure: null, last_health_status: 'HEALTHY' });
    const { rows: tables } = await control.pool.query(
      `select name, definition->>'comment' as comment from catalog_table
       where data_source_id = $1 and valid_to is null order by name`,
      [id],
    );
    expect(tables).toEqual([
      { name: 'customer', comment: 'Who buys' },
      { name: 'purchase', comment: null },
    ]);
    const { rows: runs } = await control.pool.query(
      'select * from sync_run where data_source_id = $1',
      [id],
    );
    expect(runs).toMatchObject([
      {
        status: 'SUCCESS',
        tables: 2,
        columns: 4,
        tables_added: 2,
        tables_changed: 0,
        tables_removed: 0,
      },
    ]);
    const { rows: checks } = await control.pool.query(
      'select * from health_check where data_source_id = $1',
      [id],
    );
    expect(checks).toMatchObject([{ status: 'HEALTHY', failure: null }]);
    expect(checks[0].server_version).toMatch(/^PostgreSQL/);
  });

  it('is told to be at an address that is not allowed, when that is our own database', async () => {
    await installation.work();
    const { port } = new URL(control.url);
    const id = await installation.createSource(target(Number(port)));
    const failure = await eventually(async () => {
      const { rows } = await control.pool.query(
        `select sync_failure from data_source where id = $1 and last_sync_status = 'FAILED'`,
        [id],
      );
      return rows[0]?.sync_failure as string | undefined;
    });
    expect(failure).toBe('ADDRESS_NOT_ALLOWED');
  });

  it('may be there as the demo', async () => {
    await installation.work();
    const { port } = new URL(control.url);
    const id = await installation.createSource({ ...target(Number(port)), isDemo: true });
    await eventually(async () => {
      const { rows } = await control.pool.query(
        `select 1 from data_source where id = $1 and last_sync_status = 'SUCCESS'`,
        [id],
      );
      return rows.length > 0;
    });
  });
});
