import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { matrixDefinition } from '../../support/matrix.ts';
import { useWorkers } from '../../support/processes/workers.ts';
import { storeTable } from '../../support/store-table.ts';
import { retryAtOnce } from '../../support/worker.ts';
import { belongings } from '../../security/support/tenants.ts';
import { actionsOf } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);
const workers = useWorkers(database, api);

/** Nobody connects anywhere in this file. */
const skip = () => Promise.resolve(() => Promise.resolve());
const work = () => workers.work({ handlers: { 'sync-schema': skip, 'check-health': skip } });

beforeEach(async () => {
  await database.pool.query('delete from pgboss.job');
  await retryAtOnce(database);
});

const runs = (tenant: TestTenant) => api.client(tenant).backups;

async function finished(tenant: TestTenant, id: string) {
  const get = () => runs(tenant).get.query({ orgId: tenant.orgId, id });
  await expect
    .poll(async () => (await get()).status, { timeout: 20_000, interval: 50 })
    .not.toBe('PENDING');
  return get();
}

const request = (tenant: TestTenant) => runs(tenant).request.mutate({ orgId: tenant.orgId });

async function downloaded(tenant: TestTenant, id: string): Promise<string> {
  const path = `/api/v1/backups/runs/${id}/content`;
  const { status, body, headers } = await api.request('GET', path, tenant);
  expect([status, headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
  return z.string().parse(body);
}

const Line = z.strictObject({ kind: z.string(), record: z.record(z.string(), z.unknown()) });

describe('a backup', () => {
  test('is asked for, taken, listed and downloaded: all that was set up and no secret', async () => {
    await work();
    const [tenant, stranger] = [await api.tenant(), await api.tenant()];
    const { orgId } = tenant;
    const other = await belongings(api, stranger);
    const asked = await api.request('POST', '/api/v1/backups/runs', { key: tenant.key });
    expect(asked.status).toBe(202);
    const first = z.object({ data: z.object({ id: z.string() }) }).parse(asked.body).data.id;
    await finished(tenant, first);

    const own = await belongings(api, tenant);
    await finished(tenant, own.backupRunId);
    const tableId = await storeTable(database, own.dataSourceId, matrixDefinition);
    await api.client(tenant).tables.create.mutate({ orgId, groupId: own.groupId, tableId });
    const { id } = await request(tenant);
    const run = await finished(tenant, id);
    const text = await downloaded(tenant, id);
    const [about = '', ...lines] = text.trimEnd().split('\n');
    expect(JSON.parse(about)).toEqual({
      format: 'basekeep-backup-1',
      organizationId: orgId,
      takenAt: expect.any(String),
    });
    expect(run).toMatchObject({
      status: 'SUCCESS',
      failure: null,
      recordCount: lines.length,
      byteCount: Buffer.byteLength(text),
      sha256: createHash('sha256').update(text).digest('hex'),
    });
    const records = lines.map((line) => Line.parse(JSON.parse(line)));
    const idsOf = (kind: string) =>
      records.filter((line) => line.kind === kind).map(({ record }) => record['id']);
    expect(idsOf('organization')).toEqual([orgId]);
    expect(idsOf('data_source')).toEqual([own.dataSourceId]);
    expect(idsOf('group')).toEqual([own.groupId]);
    expect(idsOf('project')).toEqual([own.projectId]);
    expect(idsOf('member')).toContain(own.memberId);
    expect(idsOf('api_key')).toContain(own.apiKeyId);
    for (const secret of ['the password', tenant.key, 'hash', 'wrapped', 'ciphertext'])
      expect(text).not.toContain(secret);
    for (const id of Object.values(other)) expect(text).not.toContain(id);

    const { items } = await runs(tenant).list.query({ orgId });
    expect(items.map((item) => item.id)).toEqual([id, own.backupRunId, first]);
    const actions = (await actionsOf(database, orgId)).filter((name) => name.includes('backup'));
    const requested = Array.from({ length: 3 }, () => 'backup.requested');
    expect(actions).toEqual([...requested, 'backup.downloaded']);
  });

  test('that is pending is the answer to who asks again, and there is nothing to download', async () => {
    const tenant = await api.tenant();
    const { orgId } = tenant;
    const [one, two] = await Promise.all([request(tenant), request(tenant)]);
    expect(one).toEqual(two);
    expect(one).toMatchObject({ status: 'PENDING', sha256: null, finishedAt: null });
    const path = `/api/v1/backups/runs/${one.id}/content`;
    expect((await api.request('GET', path, tenant)).status).toBe(404);
    expect((await runs(tenant).list.query({ orgId })).items).toHaveLength(1);
    // Its job is lost, and comes back with the next request.
    await database.pool.query('delete from pgboss.job');
    await request(tenant);
    await work();
    expect((await finished(tenant, one.id)).status).toBe('SUCCESS');
  });

  test('that cannot be taken has failed, after the last try, and the next one works', async () => {
    await work();
    const tenant = await api.tenant();
    await database.pool.query('alter table project rename to no_project');
    const { id } = await request(tenant);
    try {
      expect(await finished(tenant, id)).toMatchObject({
        status: 'FAILED',
        failure: 'INTERNAL_ERROR',
        finishedAt: expect.any(String),
        sha256: null,
      });
    } finally {
      await database.pool.query('alter table no_project rename to project');
    }
    expect((await finished(tenant, (await request(tenant)).id)).status).toBe('SUCCESS');
  });

  test('goes when ten newer ones are there', async () => {
    await work();
    const tenant = await api.tenant();
    const { orgId } = tenant;
    await database.pool.query(
      `insert into backup_run (id, organization_id, status, content, created_at, updated_at)
       select 'bkp_00' || n, $1, 'SUCCESS', '', now(), now() from generate_series(0, 9) n`,
      [orgId],
    );
    const { id } = await request(tenant);
    await finished(tenant, id);
    const { items } = await runs(tenant).list.query({ orgId });
    expect(items.map((item) => item.id)).toEqual([
      id,
      ...Array.from({ length: 9 }, (_, n) => `bkp_00${9 - n}`),
    ]);
  });
});
