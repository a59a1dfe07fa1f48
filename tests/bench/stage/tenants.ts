import { createApiKey } from '../../../server/features/api-keys/create-api-key.ts';
import { createOrganization } from '../../../server/features/organizations/create-organization.ts';
import { actingAs } from '../../../server/identity/principal.ts';
import { systemOrigin } from '../../../shared/audit/events.ts';
import { systemClock } from '../../../shared/clock.ts';
import { User } from '../../../shared/db/entities/user.entity.ts';
import { createOrm } from '../../../shared/db/orm.ts';
import { newId } from '../../../shared/ids.ts';
import type { Customer } from './customer.ts';

/** An organization with one member and a bearer key of that member. */
export interface Tenant {
  readonly orgId: string;
  readonly key: string;
}

export async function makeTenants(databaseUrl: string, count: number): Promise<Tenant[]> {
  const orm = createOrm({ databaseUrl, poolSize: 1 });
  try {
    const tenants: Tenant[] = [];
    for (let n = 0; n < count; n += 1) {
      const em = orm.em.fork();
      const id = newId('user');
      em.create(User, { id, email: `${id}@example.com`, fullName: null, passwordHash: null });
      await em.flush();
      const ctx = { em, clock: systemClock, origin: systemOrigin, principal: actingAs(id) };
      const input = { name: `Tenant ${n}`, isBillable: true, skipOnboarding: false };
      const { id: orgId } = await createOrganization(ctx, input);
      const { key } = await createApiKey(ctx, { orgId, name: 'bench' });
      tenants.push({ orgId, key });
    }
    return tenants;
  } finally {
    await orm.close(true);
  }
}

/** A creation as a caller sends it; nothing listens there, which matters only to workers. */
export function someDataSource(n: number) {
  return {
    type: 'direct',
    dialect: 'POSTGRES',
    displayName: `Warehouse ${n}`,
    description: 'Orders and customers of the shop, refreshed every night',
    host: 'warehouse.example.com',
    port: 5432,
    databaseName: 'warehouse',
    username: 'basekeep_reader',
    password: 'correct horse battery staple',
  };
}

/** One request of the public API that has to succeed. */
export async function post(
  apiUrl: string,
  tenant: Tenant,
  path: string,
  body: object,
): Promise<{ data: { id: string } }> {
  const response = await fetch(`${apiUrl}/api/public/organizations/${tenant.orgId}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${text}`);
  return JSON.parse(text) as { data: { id: string } };
}

/** Data sources of one customer's database, by their ids. */
export async function makeSources(
  apiUrl: string,
  tenant: Tenant,
  connection: Customer['connection'],
  count: number,
): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const name = { type: 'direct', dialect: 'POSTGRES', displayName: `Source ${n}` };
    ids.push((await post(apiUrl, tenant, '/data-sources', { ...name, ...connection })).data.id);
  }
  return ids;
}
