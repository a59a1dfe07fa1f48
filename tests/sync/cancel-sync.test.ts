import { once } from 'node:events';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { getSync } from '../../server/features/data-sources/syncs/get-sync.ts';
import { cancelSync } from '../../server/features/data-sources/syncs/cancel-sync.ts';
import { requestSync } from '../../server/features/data-sources/request-sync.ts';
import type { CatalogTable } from '../../shared/catalog.ts';
import { ConnectionFailure } from '../../workers/connectors/connector.ts';
import { useDatabase } from '../support/database.ts';
import { fakeConnector, table } from '../support/sources/fake-connector.ts';
import {
  eventually,
  firstRunEnded,
  jobsOf,
  retryAtOnce,
  settled,
  sourceRow,
  syncAgain,
  useInstallation,
} from '../support/worker.ts';

const control = useDatabase();
const installation = useInstallation(control);

type Read = (signal: AbortSignal) => AsyncIterable<CatalogTable>;

let read: Read;
const connectorFor = () =>
  Promise.resolve(fakeConnector({ readCatalog: (_target, signal) => read(signal) }));
const work = () => installation.work({ connectorFor });

const oneTable: Read = async function* () {
  yield table('kept');
};

/** Reads three tables and then waits for the end; `ended` tells when it came, by our clock. */
function endlessRead() {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: ended, resolve: end } = Promise.withResolvers<number>();
  read = async function* (signal) {
    for (const name of ['a', 'b', 'c']) yield table(name);
    reach();
    await once(signal, 'abort');
    end(performance.now());
    throw new ConnectionFailure('TIMEOUT');
  };
  return { reached, ended };
}

beforeAll(() => retryAtOnce(control));

beforeEach(async () => {
  read = oneTable;
  await control.pool.query('delete from pgboss.job');
});

const ref = (id: string) => ({ orgId: installation.organizationId, id });

async function catalogOf(id: string): Promise<unknown[]> {
  const { rows } = await control.pool.query<{ row: unknown }>(
    'select t::text as row from catalog_table t where data_source_id = $1 order by 1',
    [id],
  );
  return rows;
}

describe('a sync at work', () => {
  test('shows how far it has come', async () => {
    const { reached } = endlessRead();
    const id = await installation.createSource();
    await work();
    await reached;
    const { id: syncId } = await requestSync(installation.api, ref(id));
    const shown = await eventually(async () => {
      const sync = await getSync(installation.api, { ...ref(id), syncId });
      return sync.tablesRead !== null && sync;
    });
    expect(shown).toMatchObject({
      ...{ status: 'PENDING', tablesRead: 3, columnsRead: 6, tables: null, columns: null },
    });
  });

  test('that is cancelled ends within two seconds, and its catalog stays what it was', async () => {
    await work();
    const id = await installation.createSource();
    await firstRunEnded(control, id);
    await settled(control, id);
    const before = await catalogOf(id);
    const { reached, ended } = endlessRead();
    await requestSync(installation.api, ref(id));
    await reached;
    const cancelledAt = performance.now();
    const cancelled = await cancelSync(installation.api, ref(id));
    expect(cancelled).toMatchObject({ status: 'CANCELLED', finishedAt: expect.any(String) });
    expect((await ended) - cancelledAt).toBeLessThan(2_000);
    await settled(control, id);
    expect(await catalogOf(id)).toEqual(before);
    expect(await sourceRow(control, id)).toMatchObject({
      last_sync_status: 'SUCCESS',
      sync_failure: null,
    });
    expect(await jobsOf(control, 'sync-schema-dead')).toEqual([]);
    // What the attempt still does leaves the run as it is.
    await eventually(async () => {
      const { rows } = await control.pool.query('select 1 from catalog_staging');
      return rows.length === 0;
    });
    expect(await getSync(installation.api, { ...ref(id), syncId: cancelled.id })).toEqual(
      cancelled,
    );
    read = oneTable;
    expect(await syncAgain(installation, control, id)).toMatchObject({ status: 'SUCCESS' });
  });
});

describe('a sync that is queued', () => {
  test('is cancelled before anybody has begun, and none has read anything', async () => {
    let reads = 0;
    read = async function* () {
      reads += 1;
    };
    const id = await installation.createSource();
    await cancelSync(installation.api, ref(id));
    expect(await sourceRow(control, id)).toMatchObject({ last_sync_status: 'NEVER_SYNCED' });
    expect(await jobsOf(control, 'sync-schema')).toMatchObject([{ state: 'cancelled' }]);
    const another = await installation.createSource();
    await work();
    await firstRunEnded(control, another);
    expect(reads).toBe(1);
  });

  test('after a failure shows that failure again', async () => {
    read = async function* () {
      throw new ConnectionFailure('AUTHENTICATION_FAILED');
    };
    await work();
    const id = await installation.createSource();
    await firstRunEnded(control, id);
    await settled(control, id);
    endlessRead();
    await requestSync(installation.api, ref(id));
    await cancelSync(installation.api, ref(id));
    expect(await sourceRow(control, id)).toMatchObject({
      last_sync_status: 'FAILED',
      sync_failure: 'AUTHENTICATION_FAILED',
    });
  });
});

test('a cancelled sync is on record, and no sync cannot be cancelled', async () => {
  const id = await installation.createSource();
  const { id: syncRunId } = await cancelSync(installation.api, ref(id));
  const { rows } = await control.pool.query<{ details: string }>(
    `select details from audit_event
     where target_id = $1 and action = 'data_source.sync_cancelled'`,
    [id],
  );
  expect(rows.map(({ details }) => JSON.parse(details) as unknown)).toEqual([{ syncRunId }]);
  await expect(cancelSync(installation.api, ref(id))).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('of a sync that is cancelled twice at once, or cancelled while it ends, there is one end', async () => {
  await work();
  for (let round = 0; round < 5; round += 1) {
    const id = await installation.createSource();
    const outcomes = await Promise.allSettled([
      cancelSync(installation.api, ref(id)),
      cancelSync(installation.api, ref(id)),
    ]);
    const cancelled = outcomes.filter(({ status }) => status === 'fulfilled').length;
    expect(cancelled).toBeLessThan(2);
    await settled(control, id);
    const run = await firstRunEnded(control, id);
    expect(run).toMatchObject({ status: cancelled === 1 ? 'CANCELLED' : 'SUCCESS' });
    expect(await catalogOf(id)).toHaveLength(cancelled === 1 ? 0 : 1);
  }
});
