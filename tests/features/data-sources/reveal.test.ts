import { beforeEach, describe, expect, test } from 'vitest';
import { credentialIdOf } from '../../../shared/ids.ts';
import { useApi, type TestTenant } from '../../support/api.ts';
import { auditTrail } from '../../support/audit-trail.ts';
import { useDatabase } from '../../support/database.ts';
import { signIn } from '../../support/people/sign-in.ts';
import { eventually } from '../../support/worker.ts';
import { useWorkers } from '../../support/processes/workers.ts';
import { postgres } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);
const workers = useWorkers(database, api);

/** Nobody connects anywhere in this file. */
const skip = () => Promise.resolve(() => Promise.resolve());
const work = () => workers.work({ handlers: { 'sync-schema': skip, 'check-health': skip } });

interface Owner extends TestTenant {
  readonly id: string;
  readonly sourceId: string;
}

/** A tenant that has just signed in, with a credential. */
async function owner(): Promise<Owner> {
  const tenant = await api.tenant();
  const { orgId } = tenant;
  const body = { orgId, ...postgres, password: 'p@ss:word', sshPassword: 'tunnel' };
  const { id } = await api.client(tenant).dataSources.create.mutate(body);
  const key = await signIn(api, database, tenant);
  return { ...tenant, key, id: credentialIdOf(id), sourceId: id };
}

const reveal = ({ orgId, id, key }: Owner, reason = 'restore the replica') =>
  api.client({ key }).credentials.reveal.mutate({ orgId, id, reason });

/** What is on record about a credential, oldest first. */
const trailOf = ({ orgId, id }: Pick<Owner, 'orgId' | 'id'>) => auditTrail(database, orgId, id);

const inTransit = async () =>
  (await database.pool.query<{ id: string }>('select id from credential_reveal')).rows;

beforeEach(() => database.pool.query('delete from pgboss.job; delete from rate_limit'));

describe('an admin who has just signed in', () => {
  test('sees the secrets and the URI; who, why and what is on record before', async () => {
    await work();
    const user = await owner();
    const before = Date.now();
    const answer = await reveal(user);
    expect(answer).toEqual({
      uri: 'postgres://reader:p%40ss%3Aword@db.example.com:5432?sslmode=verify-full',
      secrets: { password: 'p@ss:word', sshPassword: 'tunnel' },
      expiresAt: expect.any(String),
    });
    const validMs = Date.parse(answer.expiresAt) - before;
    expect(validMs).toBeGreaterThan(0);
    expect(validMs).toBeLessThan(90_000);
    const reason = 'restore the replica';
    const by = { actor_type: 'user', actor_id: user.userId };
    const trail = await trailOf(user);
    expect(trail).toMatchObject([
      { action: 'credential.reveal_requested', ...by },
      { action: 'credential.revealed', ...by },
    ]);
    expect(trail.map(({ details }) => details)).toEqual([
      { reason },
      { reason, fields: ['password', 'sshPassword'] },
    ]);
    expect(trail[1]?.request_id).toBe(trail[0]?.request_id);
    expect(await inTransit()).toEqual([]);
    const { items } = await api.client(user).credentials.list.query({ orgId: user.orgId });
    expect(Date.parse(items[0]?.lastRevealedAt ?? '')).toBeGreaterThanOrEqual(before - 1_000);
  });

  test('gets an answer that no cache keeps', async () => {
    await work();
    const { orgId, id, key } = await owner();
    const response = await api.request('POST', '/trpc/credentials.reveal', {
      key,
      body: { orgId, id, reason: 'look' },
    });
    expect(response.status).toBe(200);
    expect(JSON.stringify(response.body)).toContain('p@ss:word');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('pragma')).toBe('no-cache');
  });

  test('has to say why, in words, and not at length', async () => {
    const user = await owner();
    for (const reason of ['', ' \n\t ', 'x'.repeat(501), 'nul \0']) {
      await expect(reveal(user, reason)).rejects.toMatchObject({
        data: { httpStatus: 400, fieldErrors: { reason: expect.any(String) } },
      });
    }
    expect(await trailOf(user)).toEqual([]);
    expect(await inTransit()).toEqual([]);
  });

  test('sees the current version of a secret, never a retired one', async () => {
    await work();
    const user = await owner();
    const { orgId, sourceId } = user;
    await api.client(user).dataSources.update.mutate({
      orgId,
      id: sourceId,
      password: 'second',
      unsetSshPassword: true,
    });
    expect((await reveal(user)).secrets).toEqual({ password: 'second' });
  });
});

describe('a denial', () => {
  async function expectDenied(user: Owner, cause: string, error: object): Promise<void> {
    await expect(reveal(user, 'curiosity')).rejects.toMatchObject({ data: error });
    const last = (await trailOf(user)).at(-1);
    expect(last).toMatchObject({
      action: 'credential.reveal_denied',
      details: { cause, reason: 'curiosity' },
    });
    expect(await inTransit()).toEqual([]);
    const { rows } = await database.pool.query(
      `select from pgboss.job where name = 'reveal-credential' and state < 'active'`,
    );
    expect(rows).toEqual([]);
  }

  test('by the policy "never" holds for everybody, until the policy changes', async () => {
    await work();
    const user = await owner();
    const { orgId } = user;
    const policies = api.client(user).credentials;
    expect(await policies.getRevealPolicy.query({ orgId })).toEqual({ policy: 'admins' });
    await policies.setRevealPolicy.mutate({ orgId, policy: 'never' });
    await expectDenied(user, 'POLICY', { httpStatus: 403, errorCode: 'FORBIDDEN' });
    await policies.setRevealPolicy.mutate({ orgId, policy: 'admins' });
    expect((await reveal(user)).secrets.password).toBe('p@ss:word');
    const { rows } = await database.pool.query<{ details: string }>(
      `select details from audit_event
       where organization_id = $1 and action = 'organization.reveal_policy_changed'
       order by sequence`,
      [orgId],
    );
    expect(rows.map(({ details }) => details)).toEqual([
      '{"from":"admins","to":"never"}',
      '{"from":"never","to":"admins"}',
    ]);
  });

  test('for a sign-in of more than five minutes ago asks for another one', async () => {
    const user = await owner();
    const age = async (interval: string) => {
      await database.pool.query(
        'update user_session set signed_in_at = now() - $2::interval where user_id = $1',
        [user.userId, interval],
      );
      await database.pool.query(`select pg_notify('basekeep_principal', $1)`, [
        `user:${user.userId}`,
      ]);
    };
    await age('301 seconds');
    await eventually(async () => {
      const error: unknown = await reveal(user, 'curiosity').catch((e: unknown) => e);
      return JSON.stringify(error).includes('REAUTHENTICATION_REQUIRED');
    });
    await expectDenied(user, 'SIGN_IN', {
      httpStatus: 403,
      errorCode: 'REAUTHENTICATION_REQUIRED',
    });
  });

  test('of a key: it has never typed a password, whatever its scopes', async () => {
    const user = await owner();
    const scopes = ['credentials:reveal', 'credentials:read'] as const;
    const { key } = await api
      .client(user)
      .apiKeys.create.mutate({ orgId: user.orgId, name: 'key', scopes: [...scopes] });
    await expectDenied({ ...user, key }, 'SIGN_IN', {
      httpStatus: 403,
      errorCode: 'REAUTHENTICATION_REQUIRED',
    });
  });

  test('comes with the eleventh attempt of an hour, over all sessions of the user', async () => {
    await work();
    const user = await owner();
    for (let n = 0; n < 5; n += 1) await reveal(user);
    const again = { ...user, key: await signIn(api, database, user) };
    for (let n = 0; n < 5; n += 1) await reveal(again);
    await expectDenied(again, 'RATE', { httpStatus: 429, errorCode: 'RATE_LIMITED' });
    const { rows } = await database.pool.query<{ n: number }>(
      `select count(*)::int as n from audit_event where target_id = $1 and action = 'credential.revealed'`,
      [user.id],
    );
    expect(rows[0]?.n).toBe(10);
  });

  test('of somebody without the permission is on record under its own name', async () => {
    const user = await owner();
    const member = await api.member(user, 'MEMBER');
    await expect(reveal({ ...user, key: member.key })).rejects.toMatchObject({
      data: { httpStatus: 403, details: { permission: 'credentials:reveal' } },
    });
    const { rows } = await database.pool.query<{ details: string }>(
      `select details from audit_event e join api_key k on k.id = e.actor_id
       where e.action = 'permission.refused' and k.user_id = $1`,
      [member.userId],
    );
    expect(rows.map(({ details }) => details)).toEqual([
      '{"permission":"credentials:reveal","procedure":"credentials.reveal"}',
    ]);
    expect(await trailOf(user)).toEqual([]);
  });

  test('is found out by the worker too, when the API was told otherwise', async () => {
    const user = await owner();
    const asked = reveal(user).catch((e: unknown) => e);
    await eventually(async () => (await inTransit()).length > 0);
    await database.pool.query(`update organization set reveal_policy = 'never' where id = $1`, [
      user.orgId,
    ]);
    await work();
    expect(await asked).toMatchObject({ data: { httpStatus: 403 } });
    expect((await trailOf(user)).at(-1)).toMatchObject({
      action: 'credential.reveal_failed',
      details: { cause: 'NOT_ALLOWED' },
    });
  });
});

describe('no answer', () => {
  test('within ten seconds is said and on record, and a worker that comes later hands nothing over', async () => {
    const user = await owner();
    await expect(reveal(user)).rejects.toMatchObject({ data: { httpStatus: 503 } });
    expect(await inTransit()).toEqual([]);
    await work();
    await eventually(async () => {
      const { rows } = await database.pool.query(
        `select from pgboss.job where name = 'reveal-credential' and state = 'completed'`,
      );
      return rows.length === 1;
    });
    expect((await trailOf(user)).map(({ action }) => action)).toEqual([
      'credential.reveal_requested',
      'credential.reveal_failed',
    ]);
  }, 60_000);

  test('is what an API that died gets when its request is too old', async () => {
    const user = await owner();
    const asked = reveal(user).catch((e: unknown) => e);
    await eventually(async () => (await inTransit()).length > 0);
    // The row as it stays behind when nobody is left to take it away.
    await database.pool.query(`update credential_reveal set expires_at = now() - interval '1 s'`);
    await work();
    expect(await asked).toMatchObject({ data: { httpStatus: 503 } });
    expect((await trailOf(user)).map(({ action }) => action)).not.toContain('credential.revealed');
  }, 60_000);

  test('comes at once when an envelope was changed: nothing in clear, a security event', async () => {
    await work();
    const user = await owner();
    await database.pool.query(
      `update secret_envelope set version = 7 where owner_id = $1 and field = 'password'`,
      [user.sourceId],
    );
    await expect(reveal(user)).rejects.toMatchObject({ data: { httpStatus: 409 } });
    expect((await trailOf(user)).map(({ action }) => action)).toEqual([
      'credential.reveal_requested',
      'credential.reveal_failed',
    ]);
    const { rows } = await database.pool.query<{ action: string }>(
      `select action from audit_event where target_id = $1 and action like 'security.%'`,
      [user.sourceId],
    );
    expect(rows).toHaveLength(1);
  });
});

test('a credential of another organization, a deleted one and one that never was are one 404', async () => {
  const [user, other] = [await owner(), await owner()];
  const { orgId, key } = user;
  await api.client(user).dataSources.delete.mutate({ orgId, id: user.sourceId });
  const answers: unknown[] = [];
  for (const id of [other.id, user.id, 'crd_nothing', user.sourceId, other.sourceId]) {
    const answer = await api.request('POST', '/trpc/credentials.reveal', {
      key,
      body: { orgId, id, reason: 'look' },
    });
    expect(answer.status).toBe(404);
    answers.push(JSON.stringify(answer.body).replace(/req_[\w-]+/, ''));
  }
  expect(new Set(answers).size).toBe(1);
});
