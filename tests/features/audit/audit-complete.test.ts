import { beforeAll, describe, expect, test } from 'vitest';
import { useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { ask, overTrpc } from '../../support/call.ts';
import {
  inputOf,
  matrixDefinition,
  smallestPng,
  tableIn,
  mutations,
  rowOf,
  thingsNamedBy,
  type Belongings,
} from '../../support/matrix.ts';
import { playVerifier } from '../../support/play-verifier.ts';
import { setPassword } from '../../support/people/set-password.ts';
import { storeTable } from '../../support/store-table.ts';
import { belongings } from '../../security/support/tenants.ts';
import { actionsOf } from '../fixtures.ts';

// Every mutation of the product is on record. A new one is tested here as soon as it has its row in
// the matrix.

const database = useDatabase();
const api = useApi(database);
let tenant: TestTenant;
let member: TestTenant;
/** For what is refused. */
let shared: Belongings;

beforeAll(async () => {
  tenant = await api.tenant();
  shared = await belongings(api, tenant);
  member = await api.member(tenant, 'MEMBER');
});

/** Events of all organizations: what makes an organization has its event there. */
async function countEvents(): Promise<number> {
  const { rows } = await database.pool.query<{ n: number }>(
    'select count(*)::int as n from audit_event',
  );
  return rows[0]?.n ?? 0;
}

/** What a tenant has, as a procedure needs it to find something that it can change. */
async function ready(procedure: string): Promise<Belongings> {
  const wanted = thingsNamedBy(procedure);
  const own = await belongings(api, tenant, wanted);
  if (wanted.includes('dataSourceId'))
    await storeTable(database, own.dataSourceId, matrixDefinition);
  if (procedure === 'icons.remove') {
    await api.client(tenant).icons.set.mutate({ id: own.orgId, icon: smallestPng });
  }
  if (procedure === 'tables.remove') {
    await api.client(tenant).tables.create.mutate(tableIn(own));
  }
  if (procedure === 'groups.addMember') {
    const { orgId, groupId: id, memberId } = own;
    await api.client(tenant).groups.removeMember.mutate({ orgId, id, memberId });
  }
  if (procedure === 'schedules.resume') {
    const { orgId, dataSourceId: id } = own;
    await api.client(tenant).schedules.pause.mutate({ orgId, id, reason: 'Audit' });
  }
  return own;
}

/** Sessions have tests of their own below; what is revealed, in reveal.test.ts. */
const byKey = mutations.filter((name) => !rowOf(name).isOpen && !rowOf(name).needsSession);

describe.each(byKey)('%s', (procedure) => {
  test('leaves an event when it is done', async () => {
    const input = inputOf(procedure, await ready(procedure));
    const before = await countEvents();
    const answered = new AbortController();
    if (procedure === 'dataSources.verify') void playVerifier(database.pool, answered.signal);
    const { status, body } = await ask(api.url, overTrpc(procedure, input), tenant.key);
    answered.abort();
    expect(status, JSON.stringify(body)).toBeLessThan(300);
    expect(await countEvents()).toBeGreaterThan(before);
  });

  test('leaves a refusal, and nothing else, when the caller may not', async () => {
    const { org, isForMembers } = rowOf(procedure);
    if (org === null || isForMembers) return expect(org === null || isForMembers).toBe(true);
    const input = inputOf(procedure, shared);
    const before = (await actionsOf(database, tenant.orgId)).length;
    expect((await ask(api.url, overTrpc(procedure, input), member.key)).status).toBe(403);
    const since = (await actionsOf(database, tenant.orgId)).slice(before);
    expect(since).toEqual(['permission.refused']);
  });

  test('leaves nothing when the input is wrong', async () => {
    const input = inputOf(procedure, shared, { unknownField: 1 });
    const before = await countEvents();
    expect((await ask(api.url, overTrpc(procedure, input), tenant.key)).status).toBe(400);
    expect(await countEvents()).toBe(before);
  });
});

test('a sign-in, a wrong password, a changed password and a sign-out are on record', async () => {
  const user = await api.tenant('Sessions');
  const password = 'correct horse battery';
  const email = await setPassword(database, user, password);
  const { auth } = api.client({ key: 'none' });
  await expect(auth.login.mutate({ email, password: 'wrong' })).rejects.toThrow();
  const { accessToken } = await auth.login.mutate({ email, password });
  const signedIn = api.client({ key: accessToken }).auth;
  await signedIn.changePassword.mutate({ currentPassword: password, newPassword: `${password}!` });
  await signedIn.logout.mutate({});
  expect((await actionsOf(database, user.orgId)).slice(-4)).toEqual([
    'auth.sign_in_failed',
    'auth.signed_in',
    'auth.password_changed',
    'auth.signed_out',
  ]);
});
