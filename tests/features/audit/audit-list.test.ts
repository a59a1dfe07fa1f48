import pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AuditEvent } from '../../../server/features/audit/contract.ts';
import { errorOf, itemsOf, useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { postgres } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);
let tenant: TestTenant;
let keyId: string;
let sourceIds: string[];

beforeAll(async () => {
  tenant = await api.tenant();
  const { orgId } = tenant;
  const client = api.client(tenant);
  sourceIds = [];
  for (let n = 0; n < 3; n += 1)
    sourceIds.push((await client.dataSources.create.mutate({ orgId, ...postgres })).id);
  await client.dataSources.update.mutate({ orgId, id: sourceIds[0] ?? '', password: 'new' });
  await api.client(await api.tenant('Other')).organizations.list.query({});
  const { items } = await client.apiKeys.list.query({ orgId });
  keyId = items[0]?.id ?? '';
});

const list = (filters: object = {}) =>
  api.client(tenant).audit.list.query({ orgId: tenant.orgId, ...filters });

const actions = async (filters: object) => (await list(filters)).items.map(({ action }) => action);

describe('the audit trail', () => {
  test('comes newest first, each event with who, what, whom, where and when', async () => {
    const { items, pagination } = await list();
    expect(items.map(({ action }) => action)).toEqual([
      'data_source.updated',
      'data_source.created',
      'data_source.created',
      'trial.started',
      'data_source.created',
      'api_key.created',
      'organization.created',
    ]);
    expect(items.map(({ sequence }) => sequence)).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(pagination).toEqual({ nextCursor: null, hasMore: false });
    expect(items[0]).toEqual({
      id: expect.stringMatching(/^evt_/),
      sequence: 7,
      occurredAt: expect.stringMatching(/^20.*Z$/),
      action: 'data_source.updated',
      actorType: 'api_key',
      actorId: keyId,
      targetType: 'data_source',
      targetId: sourceIds[0],
      requestId: expect.stringMatching(/^req_/),
      address: expect.stringContaining('127.0.0.1'),
      userAgent: expect.any(String),
      reason: null,
      details: { fields: ['password'] },
    });
  });

  test('is filtered by actor, action, target and time, together too', async () => {
    expect(await actions({ target: sourceIds[0] })).toEqual([
      'data_source.updated',
      'data_source.created',
    ]);
    expect(await actions({ action: 'data_source.created' })).toHaveLength(3);
    expect(await actions({ actor: keyId, action: 'trial.started' })).toEqual(['trial.started']);
    expect(await actions({ actor: 'usr_nobody' })).toEqual([]);
    const [newest, , middle] = (await list()).items;
    const from = middle?.occurredAt;
    const to = newest?.occurredAt;
    const expected = (await list()).items.filter(
      ({ occurredAt }) => occurredAt >= (from ?? '') && occurredAt < (to ?? ''),
    );
    expect((await list({ from, to })).items).toEqual(expected);
    expect(expected.length).toBeGreaterThan(0);
  });

  test('goes on from a cursor, filtered or not; a cursor of nothing ends it', async () => {
    const pages = async (filters: object) => {
      const seen: string[] = [];
      for (let cursor: string | undefined; ;) {
        const page = await list({ ...filters, limit: 2, ...(cursor ? { cursor } : {}) });
        seen.push(...page.items.map(({ id }) => id));
        if (page.pagination.nextCursor === null) return seen;
        cursor = page.pagination.nextCursor;
      }
    };
    expect(await pages({})).toEqual((await list()).items.map(({ id }) => id));
    const created = { action: 'data_source.created' };
    expect(await pages(created)).toEqual((await list(created)).items.map(({ id }) => id));
    expect((await list({ cursor: 'evt_nothing' })).items).toEqual([]);
  });

  test('is on the public surface as documented, and names a wrong field', async () => {
    const path = `/api/public/organizations/${tenant.orgId}/audit-logs`;
    const { key } = tenant;
    const page = itemsOf(await api.request('GET', `${path}?limit=3`, { key }), AuditEvent);
    expect(page.items).toHaveLength(3);
    expect(page.hasMore).toBe(true);
    const wrong = await api.request('GET', `${path}?from=yesterday`, { key });
    expect(errorOf(wrong)).toMatchObject({
      status: 400,
      fieldErrors: { from: expect.any(String) },
    });
  });

  test('is for those who may read it', async () => {
    const member = await api.member(tenant, 'MEMBER');
    await expect(
      api.client(member).audit.list.query({ orgId: tenant.orgId }),
    ).rejects.toMatchObject({ data: { details: { permission: 'audit:read' } } });
  });
});

const Plan = z.array(z.object({ 'QUERY PLAN': z.string() }));

test.each([
  ['no filter', ''],
  ['an actor', `and actor_id = 'x'`],
  ['an action', `and action = 'x'`],
  ['a target', `and target_id = 'x'`],
])('with %s it is read off an index, in order, however long it is', async (_, filter) => {
  const client = new pg.Client(database.url);
  await client.connect();
  try {
    // So small a table would be read as a whole.
    await client.query('set enable_seqscan = off; set enable_sort = off');
    const { rows } = await client.query(
      `explain select * from audit_event where organization_id = 'o' ${filter}
       order by sequence desc limit 51`,
    );
    const plan = Plan.parse(rows)
      .map((row) => row['QUERY PLAN'])
      .join('\n');
    expect(plan).toMatch(/Index Scan/);
    expect(plan).not.toMatch(/Sort|Filter|Seq Scan/);
  } finally {
    await client.end();
  }
});
