import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { schemaId } from '../../../shared/ids.ts';
import { useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { matrixDefinition } from '../../support/matrix.ts';
import { storeTable } from '../../support/store-table.ts';
import { belongings } from '../../security/support/tenants.ts';
import { actionsOf } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);

/** A tenant with a group, and a data source with one table. */
async function start() {
  const tenant = await api.tenant();
  const { dataSourceId, groupId, projectId } = await belongings(api, tenant);
  const tableId = await storeTable(database, dataSourceId, matrixDefinition);
  return { tenant, dataSourceId, groupId, projectId, tableId };
}

const manage = ({ key }: TestTenant, body: object) =>
  api.request('POST', '/api/v1/tables', { key, body });

const listed = async (tenant: TestTenant, groupId: string) =>
  (await api.client(tenant).tables.list.query({ orgId: tenant.orgId, id: groupId })).items;

const actions = async (tenant: TestTenant) =>
  (await actionsOf(database, tenant.orgId)).filter((action) => action.includes('managed'));

describe('a table', () => {
  test('is managed in a group of a project, found there, and taken out again', async () => {
    const { tenant, dataSourceId, projectId, tableId } = await start();
    const { orgId, key } = tenant;
    const client = api.client(tenant);
    const group = await client.groups.create.mutate({ orgId, name: 'Sales', projectId });
    const body = { group_id: group.id, table_id: tableId };
    const made = await manage(tenant, body);
    expect(made.status).toBe(201);
    expect(z.object({ data: z.unknown() }).parse(made.body).data).toEqual({
      id: tableId,
      organization_id: orgId,
      project_id: projectId,
      group_id: group.id,
      data_source_id: dataSourceId,
      schema: matrixDefinition.schema,
      name: matrixDefinition.name,
      is_present: true,
      created_at: expect.any(String),
    });
    const again = await manage(tenant, body);
    expect(again.body).toMatchObject({
      error: {
        code: 'CONFLICT',
        details: { field_errors: { table_id: 'Is managed in this group already' } },
      },
    });
    const path = `/api/v1/groups/${group.id}/tables`;
    const list = await api.request('GET', path, { key });
    expect(list.body).toMatchObject({ data: [{ id: tableId }] });
    const remove = () => api.request('DELETE', `${path}/${tableId}`, { key });
    expect((await remove()).body).toMatchObject({ data: { table_id: tableId, removed: true } });
    expect((await remove()).body).toMatchObject({ data: { removed: false } });
    expect(await actions(tenant)).toEqual(['managed_table.created', 'managed_table.removed']);
  });

  test('that a sync finds gone is still managed, and said to be gone', async () => {
    const { tenant, groupId, tableId } = await start();
    await manage(tenant, { group_id: groupId, table_id: tableId });
    await database.pool.query('update catalog_table set valid_to = now() where table_id = $1', [
      tableId,
    ]);
    expect(await listed(tenant, groupId)).toMatchObject([{ id: tableId, isPresent: false }]);
  });

  test('goes with its group, and is not shown with its data source gone', async () => {
    const { tenant, groupId, tableId, dataSourceId } = await start();
    const { orgId } = tenant;
    await manage(tenant, { group_id: groupId, table_id: tableId });
    await api.client(tenant).dataSources.delete.mutate({ orgId, id: dataSourceId });
    expect(await listed(tenant, groupId)).toEqual([]);
    await api.client(tenant).groups.delete.mutate({ orgId, id: groupId });
    const { rows } = await database.pool.query('select from managed_table where group_id = $1', [
      groupId,
    ]);
    expect(rows).toEqual([]);
  });

  test.each(['table', 'schema'])(
    'with its %s hidden is nowhere and cannot be managed',
    async (what) => {
      const { tenant, groupId, tableId, dataSourceId: id } = await start();
      const { orgId } = tenant;
      const { catalog, groups } = api.client(tenant);
      await manage(tenant, { group_id: groupId, table_id: tableId });
      const { id: another } = await groups.create.mutate({ orgId, name: 'Another' });
      const isHidden = true;
      const schema = schemaId(id, matrixDefinition.schema);
      if (what === 'table') await catalog.updateTable.mutate({ orgId, id, tableId, isHidden });
      else await catalog.updateSchema.mutate({ orgId, id, schemaId: schema, isHidden });
      expect(await listed(tenant, groupId)).toEqual([]);
      expect((await manage(tenant, { group_id: another, table_id: tableId })).status).toBe(400);
    },
  );

  test('of a data source that a member may not use does not exist for it', async () => {
    const { tenant, groupId, tableId, dataSourceId: id } = await start();
    const { orgId } = tenant;
    await manage(tenant, { group_id: groupId, table_id: tableId });
    const member = await api.member(tenant, 'MEMBER');
    expect(await listed(member, groupId)).toHaveLength(1);
    const policy = { orgId, id, groupIds: [groupId] };
    await api.client(tenant).access.replace.mutate({ ...policy, mode: 'restricted' });
    expect(await listed(member, groupId)).toEqual([]);
    expect(await listed(tenant, groupId)).toHaveLength(1);
  });
});

test('what is another tenant’s is refused as what nobody has, and nothing is stored', async () => {
  const [own, other] = [await start(), await start()];
  const attempts = [
    [{ group_id: other.groupId, table_id: own.tableId }, 'group_id'],
    [{ group_id: 'grp_nobody', table_id: own.tableId }, 'group_id'],
    [{ group_id: own.groupId, table_id: other.tableId }, 'table_id'],
    [{ group_id: own.groupId, table_id: 'tbl_nobody' }, 'table_id'],
  ] as const;
  const errors = await Promise.all(
    attempts.map(async ([body, field]) => {
      const answer = await manage(own.tenant, body);
      expect(answer.status).toBe(400);
      const { error } = z
        .object({ error: z.object({ message: z.string().startsWith(field) }) })
        .parse(answer.body);
      return error.message;
    }),
  );
  expect(errors[0]).toBe(errors[1]);
  expect(errors[2]).toBe(errors[3]);
  expect(await actions(own.tenant)).toEqual([]);
});
