import { describe, expect, test } from 'vitest';
import { useApi } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { anonymous, invite, joined, newAddress, password } from './people.ts';

const database = useDatabase();
const api = useApi(database);

const accept = (input: { token: string; password?: string }, key = 'none') =>
  api.client({ key }).auth.acceptInvitation.mutate(input);

const invalid = 'The invitation is not valid';

describe('an address without an account', () => {
  test('gets one with the password it chooses, signed in', async () => {
    const tenant = await api.tenant();
    const { email, token, userId } = await invite(api, tenant, { role: 'ADMIN' });
    const guess = anonymous(api).auth.login.mutate({ email, password });
    await expect(guess).rejects.toThrow('Incorrect email or password');
    const tokens = await accept({ token, password });
    expect(tokens).toEqual({
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
      tokenType: 'Bearer',
      expiresIn: 600,
    });
    const me = await api.client({ key: tokens.accessToken }).auth.me.query({});
    expect(me).toMatchObject({
      user: { id: userId, email },
      organizations: [{ id: tenant.orgId, role: 'ADMIN' }],
    });
    await expect(anonymous(api).auth.login.mutate({ email, password })).resolves.toBeDefined();
    await expect(accept({ token, password })).rejects.toThrow(invalid);
  });

  test('keeps the name and the language it was invited with', async () => {
    const tenant = await api.tenant();
    const given = { email: newAddress(), displayName: 'Ada Lovelace', locale: 'pt-BR' };
    const member = await api
      .client(tenant)
      .members.invite.mutate({ orgId: tenant.orgId, ...given });
    expect(member.user).toMatchObject({ fullName: 'Ada Lovelace', firstName: 'Ada' });
    const { accessToken } = await accept({ token: member.invitationToken ?? '', password });
    const { user } = await api.client({ key: accessToken }).auth.me.query({});
    expect(user).toMatchObject({ displayName: 'Ada Lovelace', locale: 'pt-BR' });
  });

  test('may correct a password that is too short', async () => {
    const { token } = await invite(api, await api.tenant());
    await expect(accept({ token, password: 'short' })).rejects.toThrow('12 to 1,024 bytes');
    const bare = await api.request('POST', '/trpc/auth.acceptInvitation', { body: { token } });
    expect(bare).toMatchObject({ status: 400 });
    expect(JSON.stringify(bare.body)).toContain('password: Required');
    await expect(accept({ token, password })).resolves.toBeDefined();
  });

  test('is one account, however many of its invitations are accepted at once', async () => {
    const email = newAddress();
    const tenants = await Promise.all([api.tenant(), api.tenant(), api.tenant()]);
    const invited = await Promise.all(tenants.map((tenant) => invite(api, tenant, { email })));
    const results = await Promise.allSettled(
      invited.map(({ token }) => accept({ token, password })),
    );
    // Who came second is told to prove the account by its password, which is the same one here.
    for (const result of results) {
      if (result.status === 'rejected') expect(String(result.reason)).toContain('by now');
    }
    await Promise.allSettled(invited.map(({ token }) => accept({ token, password })));
    const { accessToken } = await anonymous(api).auth.login.mutate({ email, password });
    const { organizations } = await api.client({ key: accessToken }).auth.me.query({});
    expect(organizations.map(({ id }) => id).sort()).toEqual(
      tenants.map(({ orgId }) => orgId).sort(),
    );
    const { rows } = await database.pool.query('select status from app_user where email = $1', [
      email,
    ]);
    expect(rows).toEqual([{ status: 'ACTIVE' }]);
  });
});

describe('an address that has an account', () => {
  test('joins by its own password, which stays, and by no other', async () => {
    const [here, there] = [await api.tenant(), await api.tenant()];
    const account = await joined(api, there);
    const { token, id } = await invite(api, here, { email: account.email });
    // Whoever holds the token but not the password, such as the admin who invited, stays outside.
    await expect(accept({ token, password: 'a password of mine' })).rejects.toThrow(
      'Incorrect email or password',
    );
    const { accessToken } = await accept({ token, password });
    const me = await api.client({ key: accessToken }).auth.me.query({});
    expect(me.user.id).toBe(account.userId);
    expect(me.organizations.map(({ id: orgId }) => orgId).sort()).toEqual(
      [here.orgId, there.orgId].sort(),
    );
    const member = await api.client(here).members.get.query({ orgId: here.orgId, id });
    expect(member.userId).toBe(account.userId);
  });

  test('joins by being signed in, without a password', async () => {
    const [here, there] = [await api.tenant(), await api.tenant()];
    const account = await joined(api, there);
    const { token } = await invite(api, here, { email: account.email });
    await accept({ token }, account.tokens.accessToken);
    // The session that it came with sees the organization at once.
    const { organizations } = await account.client.auth.me.query({});
    expect(organizations.map(({ id }) => id)).toContain(here.orgId);
  });

  test('is not joined by somebody else who is signed in, nor by a key', async () => {
    const [here, there] = [await api.tenant(), await api.tenant()];
    const account = await joined(api, there, { role: 'ADMIN' });
    const stranger = await joined(api, there);
    const { token } = await invite(api, here, { email: account.email });
    await expect(accept({ token }, stranger.tokens.accessToken)).rejects.toThrow(invalid);
    const { key } = await account.client.apiKeys.create.mutate({ orgId: there.orgId, name: 'k' });
    await expect(accept({ token }, key)).rejects.toThrow(invalid);
    await expect(accept({ token }, here.key)).rejects.toThrow(invalid);
    await expect(accept({ token }, account.tokens.accessToken)).resolves.toBeDefined();
  });

  test('shows its sign-ins to no organization before it has joined', async () => {
    const [here, there] = [await api.tenant(), await api.tenant()];
    const { email } = await joined(api, there);
    await invite(api, here, { email });
    await anonymous(api).auth.login.mutate({ email, password });
    const { rows } = await database.pool.query(
      `select 1 from audit_event where organization_id = $1 and action like 'auth.%'`,
      [here.orgId],
    );
    expect(rows).toEqual([]);
  });

  test('is guessed at ten times, whichever way the guesses come', async () => {
    const [here, there] = [await api.tenant(), await api.tenant()];
    const { email } = await joined(api, there);
    const { token } = await invite(api, here, { email });
    const wrong = 'not the password';
    for (let tries = 0; tries < 5; tries += 1) {
      await expect(accept({ token, password: wrong })).rejects.toThrow('Incorrect');
      const guess = anonymous(api).auth.login.mutate({ email, password: wrong });
      await expect(guess).rejects.toThrow('Incorrect');
    }
    await expect(accept({ token, password })).rejects.toThrow('Too many tries');
  });
});

describe('a token', () => {
  test.each([
    ['expired', `update invitation set expires_at = now() - interval '1 s' where id = $1`],
    ['withdrawn', `delete from invitation where id = $1`],
  ])('that is %s is answered as one that never was', async (_, statement) => {
    const { token, id } = await invite(api, await api.tenant());
    const { rows } = await database.pool.query<{ id: string }>(
      'select id from invitation where membership_id = $1',
      [id],
    );
    await database.pool.query(statement, [rows[0]?.id]);
    await expect(accept({ token, password })).rejects.toThrow(invalid);
    await expect(accept({ token: 'bki_nothing', password })).rejects.toThrow(invalid);
  });

  test('lasts seven days, and stands nowhere in the database', async () => {
    const { token, id } = await invite(api, await api.tenant());
    const { rows } = await database.pool.query<{ text: string; days: string }>(
      `select i::text as text, extract(epoch from expires_at - created_at) / 86400 as days
       from invitation i where membership_id = $1`,
      [id],
    );
    expect(Number(rows[0]?.days)).toBeCloseTo(7, 3);
    expect(rows[0]?.text).not.toContain(token);
    expect(rows[0]?.text).not.toContain(Buffer.from(token).toString('hex'));
    expect(api.logs.join('')).not.toContain(token);
  });

  test.each(['new', 'existing'])('is taken once, also by a %s account at once', async (kind) => {
    const account = kind === 'existing' ? await joined(api, await api.tenant()) : null;
    const { token } = await invite(api, await api.tenant(), account ?? {});
    const results = await Promise.allSettled(
      Array.from({ length: 6 }, () => accept({ token, password })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('is not tried in batches', async () => {
    const response = await api.request('POST', '/trpc/auth.acceptInvitation,auth.login?batch=1', {
      body: { 0: { token: 'bki_x', password }, 1: { email: 'a@b.c', password } },
    });
    expect(JSON.stringify(response.body)).toContain('not taken in a batch');
  });
});

describe('where Basekeep sends e-mail', () => {
  const mailing = useApi(database, { vaultKeys: api.vaultKeys, sendsMail: true });

  test('the token is not in the answer: a job takes it, sealed, to its address', async () => {
    const tenant = await mailing.tenant();
    const member = await invite(mailing, tenant);
    expect(member).not.toHaveProperty('invitationToken');
    const { rows } = await database.pool.query(
      `select i.is_by_email, i.ciphertext is not null as is_sealed, j.data = jsonb_build_object('invitationId', i.id) as is_sent
       from invitation i join pgboss.job j on j.singleton_key = i.id
       where i.membership_id = $1 and j.name = 'send-invitation'`,
      [member.id],
    );
    expect(rows).toEqual([{ is_by_email: true, is_sealed: true, is_sent: true }]);
  });
});
