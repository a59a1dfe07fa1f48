import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deleteDataSource } from '../../server/features/data-sources/delete-data-source.ts';
import { updateDataSource } from '../../server/features/data-sources/update-data-source.ts';
import { verifyDataSource } from '../../server/features/data-sources/verify-data-source.ts';
import { createWaitingRoom } from '../../server/worker-answers/waiting-room.ts';
import { startListener } from '../../shared/db/listener.ts';
import { createLogger } from '../../shared/logger.ts';
import type { Connector, ProbeReport } from '../../workers/connectors/connector.ts';
import { fakeConnector, table } from '../support/sources/fake-connector.ts';
import { useDatabase } from '../support/database.ts';
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

let connector: Connector;
let probes: string[];

/** A probe that ends in `failure`, at a server that calls itself `version`. */
const report = (failure: ProbeReport['failure'], version = 'Fake 1'): ProbeReport => ({
  steps: [{ step: 'connect', durationMs: 1, failure }],
  failure,
  durationMs: 1,
  serverVersion: version,
});

beforeAll(() => retryAtOnce(control));

beforeEach(async () => {
  probes = [];
  connector = fakeConnector();
  await control.pool.query('delete from pgboss.job');
});

const work = () =>
  installation.work({
    connectorFor: () =>
      Promise.resolve<Connector>({
        readCatalog: (...given) => connector.readCatalog(...given),
        probe: (target, signal) => {
          probes.push(target.connection.host ?? '');
          return connector.probe(target, signal);
        },
      }),
  });

const checksOf = async (id: string) =>
  (
    await control.pool.query('select * from health_check where data_source_id = $1 order by id', [
      id,
    ])
  ).rows;

describe('a health check', () => {
  it('that fails says so, and leaves when it was healthy last', async () => {
    const id = await installation.createSource();
    const { last_healthy_at: healthyAt } = await sourceRow(control, id);
    connector = fakeConnector({ probe: () => Promise.resolve(report('CONNECTION_REFUSED')) });
    await work();
    const row = await eventually(async () => {
      const source = await sourceRow(control, id);
      return source['last_health_status'] === 'UNHEALTHY' && source;
    });
    expect(row['last_healthy_at']).toEqual(healthyAt);
    expect(row['last_health_check_attempt_at']).not.toEqual(healthyAt);
    expect(await checksOf(id)).toMatchObject([
      {
        status: 'UNHEALTHY',
        failure: 'CONNECTION_REFUSED',
        steps: [{ step: 'connect', failure: 'CONNECTION_REFUSED' }],
      },
    ]);
    expect(await jobsOf(control, 'check-health')).toMatchObject([{ state: 'completed' }]);
  });

  it('takes a server’s version for what it is: somebody else’s text', async () => {
    connector = fakeConnector({ probe: () => Promise.resolve(report(null, 'nul\0 and \ud800')) });
    const id = await installation.createSource();
    await work();
    await settled(control, id);
    expect(await checksOf(id)).toMatchObject([
      { status: 'HEALTHY', server_version: 'nul\uFFFD and \uFFFD' },
    ]);
  });

  it('of a connection that was changed meanwhile is dropped, and the new one checked', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    connector = fakeConnector({
      probe: async () => {
        if (probes.length === 1) await released;
        return report(probes.length === 1 ? 'TIMEOUT' : null);
      },
    });
    const id = await installation.createSource();
    await work();
    await firstRunEnded(control, id);
    await eventually(() => Promise.resolve(probes.length === 1));
    const orgId = installation.organizationId;
    await updateDataSource(installation.api, {
      orgId,
      id,
      host: 'moved.example.com',
      password: 'p',
    });
    release();
    await settled(control, id);
    expect(probes).toEqual(['db.example.com', 'moved.example.com']);
    expect(await checksOf(id)).toMatchObject([{ status: 'HEALTHY' }]);
  });

  it('that was cut off by its worker’s stop says nothing of the database', async () => {
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    connector = fakeConnector({
      probe: (_target, signal) =>
        new Promise((resolve) => {
          reach();
          signal.addEventListener('abort', () => resolve(report('CONNECTION_LOST')));
        }),
    });
    const id = await installation.createSource();
    const worker = await work();
    await reached;
    await worker.stop();
    expect(await checksOf(id)).toEqual([]);
    expect(await jobsOf(control, 'check-health')).toMatchObject([{ state: 'retry' }]);
  });
});

describe('a verification', () => {
  const verify = async (): Promise<unknown> => {
    const listener = startListener(
      control.url,
      ['basekeep_verified'],
      createLogger('silent', 'api'),
    );
    const request = {
      requestId: 'req',
      route: null,
      baseUrl: 'http://localhost',
      credential: { kind: 'none' } as const,
      adminsOnly: false,
      address: null,
      userAgent: null,
      signal: new AbortController().signal,
      idempotencyKey: null,
      ifMatch: null,
      setHeader: () => {},
    };
    try {
      return await verifyDataSource(
        {
          ...installation.api,
          verifications: createWaitingRoom(listener, 'basekeep_verified'),
          request,
        },
        {
          orgId: installation.organizationId,
          dialect: 'POSTGRES',
          host: 'db.example.com',
          username: 'reader',
          password: 'secret of the draft',
          databaseName: 'shop',
          sslEnabled: true,
          sshEnabled: false,
        },
      );
    } finally {
      await listener.close();
    }
  };

  it('reaches the worker sealed and comes back; nothing is kept', async () => {
    let password: string | undefined;
    connector = fakeConnector({
      probe: (target) => {
        password = target.secrets.password;
        return Promise.resolve(report(null));
      },
    });
    await work();
    expect(await verify()).toEqual({
      success: true,
      steps: [{ step: 'connect', durationMs: 1, failure: null }],
      durationMs: 1,
      serverVersion: 'Fake 1',
      sshHostKey: null,
      certificateExpiresInDays: null,
    });
    expect(password).toBe('secret of the draft');
    const { rows } = await control.pool.query(
      `select id from connection_draft union all
       select id from secret_envelope where owner_type = 'connection_draft'`,
    );
    expect(rows).toEqual([]);
  });

  it('that fails names the reason', async () => {
    connector = fakeConnector({ probe: () => Promise.resolve(report('AUTHENTICATION_FAILED')) });
    await work();
    await expect(verify()).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      fields: { password: 'Incorrect username or password' },
    });
  });

  it('that fails by a bug is answered at once', async () => {
    connector = fakeConnector({ probe: () => Promise.reject(new TypeError('bug')) });
    await work();
    const before = performance.now();
    await expect(verify()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it('that nobody waits for any more connects nowhere', async () => {
    const id = await installation.createSource();
    await control.pool.query('delete from pgboss.job');
    await control.pool.query(
      `insert into connection_draft (id, organization_id, connection, created_at, updated_at)
       select 'drf_late', organization_id, connection, now(), now() from data_source where id = $1`,
      [id],
    );
    await installation.send('verify-connection', { connectionDraftId: 'drf_late' });
    await control.pool.query(`update pgboss.job set created_on = now() - interval '31 seconds'`);
    await installation.send('verify-connection', { connectionDraftId: 'drf_gone' });
    await work();
    await eventually(async () => {
      const jobs = await jobsOf(control, 'verify-connection');
      return jobs.every(({ state }) => state === 'completed');
    });
    expect(probes).toEqual([]);
  });
});

describe('a data source that was deleted', () => {
  it('leaves no catalog, no history and no address', async () => {
    connector = fakeConnector({
      readCatalog: async function* () {
        for (let n = 0; n < 6_000; n += 1) yield table(`t${n}`);
      },
    });
    const [id, other] = [await installation.createSource(), await installation.createSource()];
    await work();
    await firstRunEnded(control, id);
    await firstRunEnded(control, other);
    await settled(control, id);
    await control.pool.query(
      `update catalog_table set valid_to = now() where data_source_id = $1 and name like '%1'`,
      [id],
    );
    await deleteDataSource(installation.api, { orgId: installation.organizationId, id });
    await eventually(async () => {
      const jobs = await jobsOf(control, 'delete-data-source');
      return jobs[0]?.state === 'completed';
    });
    for (const name of ['catalog_table', 'sync_run', 'health_check']) {
      const { rows } = await control.pool.query(
        `select count(*) filter (where data_source_id = $1)::int as gone,
           count(*) filter (where data_source_id = $2)::int as kept from ${name}`,
        [id, other],
      );
      expect(rows[0].gone, name).toBe(0);
      expect(rows[0].kept, name).toBeGreaterThan(0);
    }
    const { connection } = await sourceRow(control, id);
    expect(Object.values(connection ?? {}).filter((value) => value !== null)).toEqual(
      expect.arrayContaining(['POSTGRES', false, false]),
    );
    expect(JSON.stringify(connection)).not.toMatch(/example|reader|shop|5432/);
  });

  it('that is still there is not touched by a job that says so', async () => {
    const id = await installation.createSource();
    await work();
    await firstRunEnded(control, id);
    await installation.send('delete-data-source', { dataSourceId: id }, id);
    await settled(control, id);
    const { rows } = await control.pool.query('select 1 from sync_run where data_source_id = $1', [
      id,
    ]);
    expect(rows).toHaveLength(1);
    expect(await sourceRow(control, id)).toMatchObject({ connection: { host: 'db.example.com' } });
  });
});
