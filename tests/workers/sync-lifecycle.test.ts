import { once } from 'node:events';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deleteDataSource } from '../../server/features/data-sources/delete-data-source.ts';
import { updateDataSource } from '../../server/features/data-sources/update-data-source.ts';
import type { CatalogTable } from '../../shared/catalog.ts';
import { ConnectionFailure, type ConnectionTarget } from '../../workers/connectors/connector.ts';
import { useDatabase } from '../support/database.ts';
import { fakeConnector, table } from '../support/sources/fake-connector.ts';
import {
  eventually,
  firstRunEnded,
  jobsOf,
  retryAtOnce,
  settled,
  sourceRow,
  useInstallation,
} from '../support/worker.ts';

const control = useDatabase();
const installation = useInstallation(control);

type Read = (target: ConnectionTarget, signal: AbortSignal) => AsyncIterable<CatalogTable>;

let read: Read;
let reads: ConnectionTarget[];

const connectorFor = () =>
  Promise.resolve(
    fakeConnector({
      readCatalog: (target, signal) => {
        reads.push(structuredClone({ ...target, egress: undefined, derive: undefined }) as never);
        return read(target, signal);
      },
    }),
  );

beforeAll(() => retryAtOnce(control));

beforeEach(async () => {
  reads = [];

  read = async function* () {
    yield table('t');
  };
  await control.pool.query('delete from pgboss.job');
});

const work = () => installation.work({ connectorFor });

/** Holds the first read until it is released, and lets later ones through. */
function gate() {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  read = async function* () {
    yield table('t');
    if (reads.length > 1) return;
    reach();
    await released;
  };
  return { reached, release };
}

describe('a sync that fails for a reason that may pass', () => {
  it('is tried again, shows what is in the way meanwhile, and gets there', async () => {
    let seen: Record<string, unknown> = {};
    const id = await installation.createSource();
    read = async function* () {
      if (reads.length === 1) throw new ConnectionFailure('TOO_MANY_CONNECTIONS');
      seen = await sourceRow(control, id);
      yield table('t');
    };
    await work();
    expect(await firstRunEnded(control, id)).toMatchObject({ status: 'SUCCESS', failure: null });
    expect(seen).toMatchObject({
      sync_failure: 'TOO_MANY_CONNECTIONS',
      last_sync_status: 'PENDING',
    });
    expect(reads).toHaveLength(2);
    expect(await sourceRow(control, id)).toMatchObject({
      sync_failure: null,
      last_sync_status: 'SUCCESS',
    });
  });

  it('has failed when it was tried four times; an unreachable database is no dead letter', async () => {
    read = async function* () {
      throw new ConnectionFailure('TIMEOUT');
    };
    const id = await installation.createSource();
    await work();
    expect(await firstRunEnded(control, id)).toMatchObject({
      status: 'FAILED',
      failure: 'TIMEOUT',
    });
    expect(reads).toHaveLength(4);
    expect(await jobsOf(control, 'sync-schema')).toMatchObject([{ state: 'completed' }]);
    expect(await jobsOf(control, 'sync-schema-dead')).toEqual([]);
    const row = await sourceRow(control, id);
    expect(row).toMatchObject({ last_sync_status: 'FAILED', last_successful_sync_at: null });
  });
});

describe('a sync that fails by a bug', () => {
  it('is tried again, and then is a dead letter and a failed run', async () => {
    read = async function* () {
      throw new TypeError('x is not a function');
    };
    const id = await installation.createSource();
    await work();
    expect(await firstRunEnded(control, id)).toMatchObject({
      status: 'FAILED',
      failure: 'INTERNAL_ERROR',
    });
    expect(reads).toHaveLength(4);
    expect(await jobsOf(control, 'sync-schema')).toMatchObject([
      { state: 'failed', output: { code: 'INTERNAL_ERROR' } },
    ]);
    expect(await jobsOf(control, 'sync-schema-dead')).toMatchObject([
      { state: 'created', data: { dataSourceId: id }, source_output: { code: 'INTERNAL_ERROR' } },
    ]);
  });
});

describe('a connection that was changed while its schema was read', () => {
  it('has the result thrown away and the new one synced, under the same run', async () => {
    const { reached, release } = gate();
    const id = await installation.createSource();
    await work();
    await reached;
    await eventually(async () => {
      const { orgId, ...api } = { ...installation.api, orgId: installation.organizationId };
      await updateDataSource(api, { orgId, id, host: 'moved.example.com', password: 'another' });
      return true;
    });
    release();
    const run = await firstRunEnded(control, id);
    expect(run).toMatchObject({ status: 'SUCCESS', trigger: 'created', tables: 1 });
    expect(reads.map(({ connection }) => connection.host)).toEqual([
      'db.example.com',
      'moved.example.com',
    ]);
    expect(reads.map(({ secrets }) => secrets.password)).toEqual(['not a secret', 'another']);
    await settled(control, id);
    const { rows } = await control.pool.query('select 1 from sync_run where data_source_id = $1', [
      id,
    ]);
    expect(rows).toHaveLength(1);
    expect(await jobsOf(control, 'sync-schema')).toMatchObject([
      { state: 'completed' },
      { state: 'completed' },
    ]);
  });
});

describe('a data source that was deleted while its schema was read', () => {
  it('stays without a catalog, and its job ends in silence', async () => {
    const { reached, release } = gate();
    const id = await installation.createSource();
    await work();
    await reached;
    await eventually(async () => {
      const { rows } = await control.pool.query(
        'select 1 from health_check where data_source_id = $1',
        [id],
      );
      return rows.length > 0;
    });
    await deleteDataSource(installation.api, { orgId: installation.organizationId, id });
    release();
    await settled(control, id);
    const { rows } = await control.pool.query(
      'select 1 from catalog_table where data_source_id = $1',
      [id],
    );
    expect(rows).toEqual([]);
    expect(await jobsOf(control, 'sync-schema')).toMatchObject([{ state: 'completed' }]);
    expect(await jobsOf(control, 'sync-schema-dead')).toEqual([]);
  });
});

describe('a worker that is stopped in the middle of a sync', () => {
  it('gives the job back as it was, and another worker does it', async () => {
    let attempts = 0;
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    read = async function* (_target, signal) {
      attempts += 1;
      if (attempts === 1) {
        reach();
        await once(signal, 'abort');
        throw new ConnectionFailure('CONNECTION_LOST');
      }
      yield table('t');
    };
    const first = await work();
    const id = await installation.createSource();
    await reached;
    const before = performance.now();
    await first.stop();
    expect(performance.now() - before).toBeLessThan(6_000);
    expect(await sourceRow(control, id)).toMatchObject({
      last_sync_status: 'PENDING',
      sync_failure: null,
    });
    expect(await jobsOf(control, 'sync-schema')).toMatchObject([
      { state: 'retry', retry_count: 0, retry_limit: 4 },
    ]);
    await work();
    expect(await firstRunEnded(control, id)).toMatchObject({ status: 'SUCCESS' });
    expect(await jobsOf(control, 'sync-schema')).toMatchObject([
      { state: 'completed', retry_count: 1, retry_limit: 4 },
    ]);
  });
});

describe('an organization', () => {
  it('has completed its onboarding with its first synced schema', async () => {
    const status = async () => {
      const { rows } = await control.pool.query<{ onboarding_status: string }>(
        'select onboarding_status from organization where id = $1',
        [installation.organizationId],
      );
      return rows[0]?.onboarding_status;
    };
    await control.pool.query(`update organization set onboarding_status = 'STARTED'`);
    read = async function* () {
      yield table('t');
      expect(await status()).toBe('STARTED');
    };
    const id = await installation.createSource();
    await work();
    expect(await firstRunEnded(control, id)).toMatchObject({ status: 'SUCCESS' });
    expect(await status()).toBe('COMPLETED');
    await control.pool.query(`update organization set onboarding_status = 'SKIPPED'`);
    const another = await installation.createSource();
    await firstRunEnded(control, another);
    expect(await status()).toBe('SKIPPED');
  });
});
