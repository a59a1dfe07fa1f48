import { beforeAll, describe, expect, test } from 'vitest';
import { surfaces } from '../../server/rest/surfaces/index.ts';
import { useApi, type TestTenant } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { ask, overRest, overTrpc, type Call } from '../support/call.ts';
import {
  inputOf,
  matrixDefinition,
  procedures,
  rowOf,
  type Belongings,
} from '../support/matrix.ts';
import { storeTable } from '../support/store-table.ts';
import { belongings } from './support/tenants.ts';

// B1 of the security programme, inside one organization: a data source that a member may not use does
// not exist for it, its catalog included, anywhere.

const database = useDatabase();
const api = useApi(database);

let tenant: TestTenant;
let member: TestTenant;
let restricted: Belongings;
let granted: Belongings;
let nowhere: Belongings;

beforeAll(async () => {
  tenant = await api.tenant();
  member = await api.member(tenant, 'MEMBER');
  const { orgId } = tenant;
  const members = await api.client(tenant).members.list.query({ orgId });
  const memberId = members.items.find(({ userId }) => userId === member.userId)?.id ?? '';
  const { replace } = api.client(tenant).access;
  const source = async (): Promise<Belongings> => {
    const own = await belongings(api, tenant);
    await storeTable(database, own.dataSourceId, matrixDefinition);
    return own;
  };
  [restricted, granted] = [await source(), await source()];
  nowhere = { ...restricted, dataSourceId: 'ds_01jd5w9c3zf8r8kq4j0mpx2v7e' };
  // Somebody else may use the one, and the member the other.
  const policy = { orgId, mode: 'restricted' } as const;
  await replace.mutate({ ...policy, id: restricted.dataSourceId, groupIds: [restricted.groupId] });
  await replace.mutate({ ...policy, id: granted.dataSourceId, memberIds: [memberId] });
});

/** The call over each transport that has it. */
function callsOf(procedure: string, of: Belongings): { transport: string; call: Call }[] {
  const input = inputOf(procedure, of);
  const overSurfaces = surfaces.flatMap((surface) => {
    const call = overRest(surface, procedure, input);
    return call ? [{ transport: surface.name, call }] : [];
  });
  return [{ transport: 'trpc', call: overTrpc(procedure, input) }, ...overSurfaces];
}

const ofSources = procedures.filter((name) => rowOf(name).thing === 'dataSourceId');

describe.each(ofSources)('%s', (procedure) => {
  test('tells a member of a restricted data source what it tells of none', async () => {
    const none = callsOf(procedure, nowhere);
    for (const [n, { transport, call }] of callsOf(procedure, restricted).entries()) {
      const answer = await ask(api.url, call, member.key);
      const other = none[n];
      if (!other) throw new Error('the calls are not the same');
      expect({ transport, ...answer }).toEqual({
        transport,
        ...(await ask(api.url, other.call, member.key)),
      });
      const isRead = rowOf(procedure).isForMembers === true;
      expect(answer.status, transport).toBe(isRead || transport === 'public' ? 404 : 403);
      expect(JSON.stringify(answer.body)).not.toContain(matrixDefinition.name);
    }
  });

  test('answers a member about one that is its own', async () => {
    if (!rowOf(procedure).isForMembers) return expect(rowOf(procedure).isForMembers).toBeFalsy();
    for (const { transport, call } of callsOf(procedure, granted)) {
      const { status } = await ask(api.url, call, member.key);
      // Public has organizations for members, and nothing below them.
      expect([transport, status]).toEqual([transport, transport === 'public' ? 404 : 200]);
    }
  });
});

test.each(['dataSources.list', 'catalog.searchColumns'])(
  '%s shows a member what it may use, and an admin both',
  async (procedure) => {
    for (const { transport, call } of callsOf(procedure, restricted)) {
      const seen = JSON.stringify((await ask(api.url, call, member.key)).body);
      expect(seen, transport).not.toContain(restricted.dataSourceId);
      if (transport !== 'public') expect(seen, transport).toContain(granted.dataSourceId);
      const whole = JSON.stringify((await ask(api.url, call, tenant.key)).body);
      expect(whole, transport).toContain(restricted.dataSourceId);
      expect(whole, transport).toContain(granted.dataSourceId);
    }
  },
);

test('a table of the restricted one leads to nothing through the other, nor does it as a cursor', async () => {
  const { tableId } = inputOf('catalog.getTable', restricted);
  const { orgId, dataSourceId: id } = granted;
  const { catalog } = api.client(member);
  const table = catalog.getTable.query({ orgId, id, tableId: String(tableId) });
  await expect(table).rejects.toThrow('not found');
  const list = (cursor: string) =>
    catalog.listTables.query({ orgId, id, cursor }).catch((error: unknown) => String(error));
  expect(await list(String(tableId))).toEqual(await list('tbl_01jd5w9c3zf8r8kq4j0mpx2v7e'));
});
