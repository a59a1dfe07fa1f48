import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { updateTable } from '../../server/features/catalog/notes/update-table.ts';
import type { CatalogTable } from '../../shared/catalog.ts';
import type { ConnectionFailureCode } from '../../shared/failures/connection-failures.ts';
import { tableId } from '../../shared/ids.ts';
import { ConnectionFailure } from '../../workers/connectors/connector.ts';
import { report } from '../health/recorded-source.ts';
import { useDatabase } from '../support/database.ts';
import { column, fakeConnector, table } from '../support/sources/fake-connector.ts';
import {
  eventually,
  retryAtOnce,
  settled,
  sourceRow,
  syncAgain,
  useInstallation,
} from '../support/worker.ts';
import { hooked } from './hooked.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import { isSigned } from './verify-signature.ts';

const control = useDatabase();
const installation = useInstallation(control);
let receiver: Receiver;
/** What the data source is like in this moment. */
let health: ConnectionFailureCode | null;
let unreadable: ConnectionFailureCode | null;
let tables: CatalogTable[];

beforeEach(async () => {
  await control.pool.query(
    `delete from pgboss.job; delete from webhook; delete from webhook_event; delete from sync_run;
     update data_source set deleted_at = now()`,
  );
  [health, unreadable, tables] = [null, null, [table('orders')]];
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const work = () => {
  const connector = fakeConnector({
    probe: () => Promise.resolve(report(health, 5)),
    readCatalog: async function* () {
      if (unreadable) throw new ConnectionFailure(unreadable);
      yield* tables;
    },
  });
  return installation.work({ connectorFor: () => Promise.resolve(connector) });
};

const Message = z.object({
  type: z.string(),
  timestamp: z.iso.datetime(),
  data: z.looseObject({ dataSourceId: z.string() }),
});

/** The messages so far, when there are so many. */
const messages = (count: number) =>
  eventually(
    () =>
      Promise.resolve(
        receiver.received.length >= count &&
          receiver.received.map(({ body }) => Message.parse(JSON.parse(body))),
      ),
    20_000,
  );

/** A data source that was seen healthy and has been synced. */
async function quietSource(): Promise<string> {
  const id = await installation.createSource();
  await settled(control, id);
  expect(await sourceRow(control, id)).toMatchObject({ last_sync_status: 'SUCCESS' });
  return id;
}

/** A check, and the second one that may follow it, without the seconds between. */
async function check(id: string): Promise<void> {
  await installation.send('check-health', { dataSourceId: id }, id);
  await eventually(async () => {
    const { rowCount } = await control.pool.query(
      `update pgboss.job set start_after = least(start_after, now())
       where name = 'check-health' and singleton_key = $1 and state <= 'active'`,
      [id],
    );
    return rowCount === 0;
  });
}

describe('an organization is told', () => {
  it('of an outage when it begins and when it ends, each once', async () => {
    const { orgId, secret } = await hooked(control, installation, receiver.url);
    await work();
    const id = await quietSource();
    health = 'AUTHENTICATION_FAILED';
    await check(id);
    await check(id);
    await messages(1);
    health = null;
    await check(id);
    await check(id);
    const [unhealthy, recovered] = await messages(2);
    const facts = {
      organizationId: orgId,
      dataSourceId: id,
      displayName: 'Shop',
      incidentId: expect.stringMatching(/^inc_/),
      startedAt: expect.any(String),
      cause: expect.objectContaining({ code: 'AUTHENTICATION_FAILED', actor: 'you' }),
      step: 'connect',
    };
    expect(unhealthy).toMatchObject({
      type: 'data_source.unhealthy',
      data: { ...facts, endedAt: null },
    });
    expect(recovered).toMatchObject({
      type: 'data_source.recovered',
      data: { ...facts, endedAt: expect.any(String) },
    });
    expect(recovered?.data['incidentId']).toBe(unhealthy?.data['incidentId']);
    expect(receiver.received.map((one) => isSigned(one, secret))).toEqual([true, true]);
  }, 60_000);

  it('of the first of syncs that fail, and of the next only when one succeeded between', async () => {
    await hooked(control, installation, receiver.url, ['sync.failed']);
    await work();
    const id = await quietSource();
    const syncs = async (failures: (ConnectionFailureCode | null)[]) => {
      for (const failure of failures) {
        unreadable = failure;
        await syncAgain(installation, control, id);
      }
    };
    await syncs(['PERMISSION_DENIED', 'PERMISSION_DENIED', null, 'DATABASE_NOT_FOUND']);
    const causes = (await messages(2)).map(({ type, data }) => [type, data['cause']]);
    expect(causes).toEqual([
      ['sync.failed', expect.objectContaining({ code: 'PERMISSION_DENIED' })],
      ['sync.failed', expect.objectContaining({ code: 'DATABASE_NOT_FOUND' })],
    ]);
  }, 60_000);

  it('of a sync that was given up because no worker survived it', async () => {
    await hooked(control, installation, receiver.url, ['sync.failed']);
    await work();
    const id = await quietSource();
    await control.pool.query(
      `insert into sync_run (id, organization_id, data_source_id, trigger, created_at, updated_at)
       values ('run_abandoned', $1, $2, 'scheduled', now(), now())`,
      [installation.organizationId, id],
    );
    await installation.send('dispatch-due', {});
    const [told] = await messages(1);
    expect(told?.data).toMatchObject({
      dataSourceId: id,
      syncRunId: 'run_abandoned',
      cause: { code: 'INTERNAL_ERROR' },
    });
  }, 30_000);

  it('of what changed in a schema, classed, without what is hidden; of its first sync it is not', async () => {
    const { orgId } = await hooked(control, installation, receiver.url, ['schema.changed']);
    tables = [table('orders'), table('secrets')];
    await work();
    const id = await quietSource();
    const hidden = { orgId, id, tableId: tableId(id, 'public', 'secrets'), isHidden: true };
    await updateTable({ ...installation.api, role: 'ADMIN' }, hidden);
    tables = [table('orders'), table('secrets', { columns: [column('id'), column('hush')] })];
    await syncAgain(installation, control, id);
    tables = [table('orders', { columns: [column('id')] }), table('new')];
    await syncAgain(installation, control, id);
    const [changed] = await messages(1);
    expect(changed).toMatchObject({
      type: 'schema.changed',
      data: {
        dataSourceId: id,
        hasMore: false,
        tables: [
          { name: 'new', change: 'added', impact: 'additive' },
          {
            name: 'orders',
            change: 'changed',
            impact: 'breaking',
            differences: [{ rule: 'column.removed', name: 'title', impact: 'breaking' }],
          },
        ],
      },
    });
    expect(receiver.received).toHaveLength(1);
    expect(receiver.received[0]?.body).not.toContain('hush');
    expect(receiver.received[0]?.body).not.toContain('secrets');
  }, 60_000);

  it('of at most fifty tables at a time, and that there are more', async () => {
    await hooked(control, installation, receiver.url, ['schema.changed']);
    await work();
    const id = await quietSource();
    tables = Array.from({ length: 80 }, (_, n) => table(`t${n}`));
    await syncAgain(installation, control, id);
    const [changed] = await messages(1);
    expect(changed?.data['tables']).toHaveLength(50);
    expect(changed?.data['hasMore']).toBe(true);
  }, 60_000);
});

describe('an event', () => {
  it('and what it tells are stored together or not at all', async () => {
    await hooked(control, installation, receiver.url);
    await work();
    const id = await quietSource();
    await control.pool.query(`
      create function refuse() returns trigger language plpgsql as $$
      begin raise exception 'no deliveries today'; end $$;
      create trigger refuse before insert on webhook_delivery execute function refuse()`);
    health = 'TIMEOUT';
    await retryAtOnce(control);
    await installation.send('check-health', { dataSourceId: id }, id);
    // The first failure is written, the second is not: with it an outage would have to be told.
    await eventually(async () => {
      const { rows } = await control.pool.query<{ retry_count: number }>(
        `select retry_count from pgboss.job
         where name = 'check-health' and singleton_key = $1 and state <= 'active'`,
        [id],
      );
      return (rows[0]?.retry_count ?? 0) > 0;
    }, 30_000);
    const incidents = () =>
      control.pool.query('select id from health_incident where data_source_id = $1', [id]);
    expect(await sourceRow(control, id)).toMatchObject({
      last_health_status: 'HEALTHY',
      check_failures: 1,
    });
    expect((await incidents()).rows).toEqual([]);
    await control.pool.query('drop function refuse() cascade');
    await messages(1);
    expect((await incidents()).rows).toHaveLength(1);
  }, 60_000);

  it('is sent only to webhooks that are on, want it and are of its environment', async () => {
    const wanting = await hooked(control, installation, receiver.url, ['sync.failed']);
    const others = [
      await hooked(control, installation, receiver.url, ['schema.changed']),
      await hooked(control, installation, receiver.url),
      await hooked(control, installation, receiver.url),
    ];
    await control.pool.query(`update webhook set environment = 'test' where id = $1`, [
      others[1]?.id,
    ]);
    await control.pool.query(
      `update webhook set disabled_at = now(), disabled_reason = 'SWITCHED_OFF' where id = $1`,
      [others[2]?.id],
    );
    await work();
    const id = await quietSource();
    unreadable = 'PERMISSION_DENIED';
    await syncAgain(installation, control, id);
    await messages(1);
    expect(await wanting.deliveries()).toHaveLength(1);
    for (const other of others) expect(await other.deliveries()).toEqual([]);
  }, 60_000);
});
