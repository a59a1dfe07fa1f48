import { describe, expect, test } from 'vitest';
import { Organization } from '../../../server/features/organizations/contract.ts';
import { dataOf, errorOf, itemsOf, useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { dataSourcesOf, postgres } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);

const all = '/api/public/organizations';
const create = (tenant: TestTenant, body: unknown) =>
  api.request('POST', all, { key: tenant.key, body });

describe('a new organization', () => {
  test('has the defaults of the contract and a slug made of its name', async () => {
    const response = await create(await api.tenant(), { name: 'Crème Brûlée & Söhne GmbH' });
    expect(response.status).toBe(201);
    expect(dataOf(response, Organization)).toEqual({
      id: expect.stringMatching(/^org_[0-9a-z]{26}$/),
      name: 'Crème Brûlée & Söhne GmbH',
      slug: 'creme-brulee-sohne-gmbh',
      customAiContext: null,
      onboardingStatus: 'STARTED',
      fullEmbedEnabled: false,
      embedAllowedOrigins: [],
      isBillable: true,
      insightsEnabled: true,
      trialEndsAt: null,
    });
  });

  test('keeps every setting that was given', async () => {
    const given = {
      name: 'Given',
      slug: 'given-by-hand',
      customAiContext: 'Amounts are in cents.',
      fullEmbedEnabled: true,
      embedAllowedOrigins: ['https://app.example.com'],
      isBillable: false,
      insightsEnabled: false,
    };
    const response = await create(await api.tenant(), { ...given, skipOnboarding: true });
    expect(dataOf(response, Organization)).toMatchObject({ ...given, onboardingStatus: 'SKIPPED' });
  });

  test('can be used at once by its creator, who is its ADMIN', async () => {
    const tenant = await api.tenant();
    const { id } = dataOf(await create(tenant, { name: 'At once' }), Organization);
    const created = await api.request('POST', dataSourcesOf({ orgId: id }), {
      key: tenant.key,
      body: postgres,
    });
    expect(created.status).toBe(201);
    const { rows } = await database.pool.query(
      'select user_id, role from membership where organization_id = $1',
      [id],
    );
    expect(rows).toEqual([{ user_id: tenant.userId, role: 'ADMIN' }]);
  });

  test('gets a slug of its own when its name is taken, also when ten are made at once', async () => {
    const tenant = await api.tenant();
    const responses = await Promise.all(
      Array.from({ length: 10 }, () => create(tenant, { name: 'Twin Peaks' })),
    );
    const slugs = responses.map((response) => dataOf(response, Organization).slug);
    expect(new Set(slugs).size).toBe(10);
    expect(slugs).toContain('twin-peaks');
    for (const slug of slugs) expect(slug).toMatch(/^twin-peaks(-[0-9a-f]{10})?$/);
  });

  test.each(['日本', '...', '-'])(
    'has a slug even when its name %j has no letter for one',
    async (name) => {
      const response = await create(await api.tenant(), { name });
      expect(dataOf(response, Organization).slug).toMatch(/^organization(-[0-9a-f]{10})?$/);
    },
  );
});

describe('a creation that is refused', () => {
  test('for a taken slug is a Conflict that names it and leaves nothing', async () => {
    const tenant = await api.tenant();
    await create(tenant, { name: 'First', slug: 'wanted' });
    const before = await counts();
    const second = await create(tenant, { name: 'Second', slug: 'wanted' });
    expect(errorOf(second)).toMatchObject({
      status: 409,
      title: 'Conflict',
      detail: expect.stringContaining('slug'),
      fieldErrors: { slug: expect.any(String) },
    });
    expect(await counts()).toEqual(before);
  });

  test('of a slug that two want at once leaves exactly one', async () => {
    const tenant = await api.tenant();
    const responses = await Promise.all(
      Array.from({ length: 8 }, () => create(tenant, { name: 'Race', slug: 'race-for-it' })),
    );
    expect(responses.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
  });

  test.each([
    [{}, { name: 'Required' }],
    [{ name: '' }, { name: 'Must not be empty' }],
    [{ name: 7 }, { name: 'Must be text' }],
    [{ name: 'n'.repeat(201) }, { name: 'Must have at most 200 characters' }],
    [{ name: 'n', slug: 'No Spaces' }, { slug: expect.stringContaining('hyphens') }],
    [{ name: 'n', isBillable: 'true' }, { isBillable: 'Must be true or false' }],
    [{ name: 'n', embedAllowedOrigins: 'x' }, { embedAllowedOrigins: 'Must be a list' }],
    [{ name: 'n', embedAllowedOrigins: [1] }, { 'embedAllowedOrigins.0': 'Must be text' }],
    [
      { name: 'n', id: 'org_x', trialEndsAt: null, jwtSecret: 's' },
      { id: 'Unknown field', trialEndsAt: 'Unknown field', jwtSecret: 'Unknown field' },
    ],
  ])('%j names what is wrong', async (body, fieldErrors) => {
    const response = await create(await api.tenant(), body);
    expect(errorOf(response)).toMatchObject({ status: 400, title: 'ValidationError', fieldErrors });
  });
});

describe('the list of organizations', () => {
  test('holds the caller’s own and no other, newest first, page by page', async () => {
    const [mine, other] = [await api.tenant(), await api.tenant()];
    const made = [mine.orgId];
    for (let i = 0; i < 4; i += 1) {
      made.unshift(dataOf(await create(mine, { name: `Mine ${i}` }), Organization).id);
    }
    const whole = itemsOf(await api.request('GET', all, { key: mine.key }), Organization);
    expect(whole.items.map(({ id }) => id)).toEqual(made);
    expect(whole).toMatchObject({ nextCursor: null, hasMore: false });

    const first = itemsOf(
      await api.request('GET', `${all}?limit=3`, { key: mine.key }),
      Organization,
    );
    expect(first).toMatchObject({ nextCursor: made[2], hasMore: true });
    const next = await api.request('GET', `${all}?limit=3&cursor=${made[2]}`, { key: mine.key });
    expect(itemsOf(next, Organization).items.map(({ id }) => id)).toEqual(made.slice(3));
    expect(made).not.toContain(other.orgId);
  });

  test('is open to members who are not admins, and so is each organization in it', async () => {
    const tenant = await api.tenant();
    const { key } = await api.member(tenant, 'MEMBER');
    const list = itemsOf(await api.request('GET', all, { key }), Organization);
    expect(list.items.map(({ id }) => id)).toEqual([tenant.orgId]);
    expect((await api.request('GET', `${all}/${tenant.orgId}`, { key })).status).toBe(200);
  });
});

describe('the jwtSecret', () => {
  test('comes only when asked for, and is the same every time and different for each', async () => {
    const [one, two] = [await api.tenant(), await api.tenant()];
    const get = async ({ orgId, key }: TestTenant, query: string) =>
      dataOf(await api.request('GET', `${all}/${orgId}${query}`, { key }), Organization).jwtSecret;
    expect(await get(one, '')).toBeUndefined();
    const secret = await get(one, '?include=jwtSecret');
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(await get(one, '?include=jwtSecret')).toBe(secret);
    expect(await get(two, '?include=jwtSecret')).not.toBe(secret);
  });

  test('is not for members who are not admins: they learn nothing', async () => {
    const tenant = await api.tenant();
    const { key } = await api.member(tenant, 'MEMBER');
    const response = await api.request('GET', `${all}/${tenant.orgId}?include=jwtSecret`, { key });
    expect(errorOf(response)).toEqual({
      status: 404,
      title: 'NotFound',
      detail: 'Organization not found',
    });
  });

  test('is the only thing that can be included', async () => {
    const { orgId, key } = await api.tenant();
    const response = await api.request('GET', `${all}/${orgId}?include=everything`, { key });
    expect(errorOf(response)).toMatchObject({
      status: 400,
      fieldErrors: { include: 'Must be jwtSecret' },
    });
  });
});

describe('an update', () => {
  test('changes what is given and leaves the rest', async () => {
    const { orgId, key } = await api.tenant('Before');
    const path = `${all}/${orgId}`;
    const patch = (body: unknown) => api.request('PATCH', path, { key, body });
    await patch({ customAiContext: 'kept', embedAllowedOrigins: ['https://a.example'] });
    const renamed = await patch({ name: 'After', isBillable: false });
    expect(dataOf(renamed, Organization)).toMatchObject({
      name: 'After',
      isBillable: false,
      customAiContext: 'kept',
      embedAllowedOrigins: ['https://a.example'],
    });
    const cleared = await patch({ customAiContext: null, embedAllowedOrigins: [] });
    expect(dataOf(cleared, Organization)).toMatchObject({
      name: 'After',
      customAiContext: null,
      embedAllowedOrigins: [],
    });
    const read = await api.request('GET', path, { key });
    expect(read.body).toEqual(cleared.body);
  });

  test('skips an onboarding that has started, and cannot undo one that is completed', async () => {
    const { orgId, key } = await api.tenant();
    const skip = () =>
      api.request('PATCH', `${all}/${orgId}`, { key, body: { skipOnboarding: true } });
    expect(dataOf(await skip(), Organization).onboardingStatus).toBe('SKIPPED');
    await database.pool.query(
      `update organization set onboarding_status = 'COMPLETED' where id = $1`,
      [orgId],
    );
    expect(dataOf(await skip(), Organization).onboardingStatus).toBe('COMPLETED');
  });

  test('never touches the slug', async () => {
    const { orgId, key } = await api.tenant();
    const response = await api.request('PATCH', `${all}/${orgId}`, { key, body: { slug: 'new' } });
    expect(errorOf(response)).toMatchObject({
      status: 400,
      fieldErrors: { slug: 'Unknown field' },
    });
  });

  test('by a member who is not an admin is answered as if there were no organization', async () => {
    const tenant = await api.tenant('Untouched');
    const { key } = await api.member(tenant, 'MEMBER');
    const patch = (orgId: string) =>
      api.request('PATCH', `${all}/${orgId}`, { key, body: { name: 'Taken over' } });
    const refused = await patch(tenant.orgId);
    expect(refused.status).toBe(404);
    expect(refused.body).toEqual((await patch('org_00000000000000000000000000')).body);
    const { rows } = await database.pool.query('select name from organization where id = $1', [
      tenant.orgId,
    ]);
    expect(rows).toEqual([{ name: 'Untouched' }]);
  });
});

async function counts() {
  const { rows } = await database.pool.query<{ organizations: number; memberships: number }>(
    `select (select count(*)::int from organization) as organizations,
            (select count(*)::int from membership) as memberships`,
  );
  return rows;
}
