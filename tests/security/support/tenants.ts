import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { credentialIdOf, newId } from '../../../shared/ids.ts';
import type { TestApi, TestTenant } from '../../support/api.ts';
import type { Belongings } from '../../support/matrix.ts';

/** A tenant with a data source and a spare key, and with one of each that it has deleted. */
export interface Furnished extends TestTenant, Belongings {
  readonly deleted: Belongings;
}

export async function furnished(api: TestApi, name: string): Promise<Furnished> {
  const tenant = await api.tenant(name);
  const own = await belongings(api, tenant);
  const deleted = await belongings(api, tenant);
  const client = api.client(tenant);
  await client.dataSources.delete.mutate({ orgId: tenant.orgId, id: deleted.dataSourceId });
  await client.apiKeys.delete.mutate({ orgId: tenant.orgId, id: deleted.apiKeyId });
  await client.groups.delete.mutate({ orgId: tenant.orgId, id: deleted.groupId });
  const hook = await newWebhook(client, tenant.orgId);
  await client.webhooks.delete.mutate({ orgId: tenant.orgId, id: hook.webhookId });
  // Members are deactivated and projects stay: one that is not there takes the place.
  const gone = {
    ...hook,
    memberId: newId('membership'),
    projectId: newId('project'),
    backupRunId: newId('backupRun'),
  };
  return { ...tenant, ...own, deleted: { ...deleted, ...gone } };
}

/** A new data source, a new key, and a newly invited member in a new group of a tenant. */
export async function belongings(api: TestApi, tenant: TestTenant): Promise<Belongings> {
  const { orgId } = tenant;
  const client = api.client(tenant);
  const source = await client.dataSources.create.mutate({
    orgId,
    type: 'direct',
    dialect: 'POSTGRES',
    displayName: 'Warehouse',
    host: 'db.example.com',
    username: 'reader',
    password: 'the password',
  });
  const syncs = await client.dataSources.listSyncs.query({ orgId, id: source.id });
  const group = await client.groups.create.mutate({ orgId, name: randomUUID() });
  const project = await client.projects.create.mutate({ orgId, name: randomUUID() });
  const backup = await client.backups.request.mutate({ orgId });
  const key = await client.apiKeys.create.mutate({ orgId, name: 'spare' });
  const email = `${randomUUID()}@example.com`;
  const member = await client.members.invite.mutate({ orgId, email });
  const ref = { orgId, id: group.id };
  await client.groups.addMember.mutate({ ...ref, memberId: member.id });
  return {
    orgId,
    dataSourceId: source.id,
    apiKeyId: key.id,
    memberId: member.id,
    groupId: group.id,
    credentialId: credentialIdOf(source.id),
    ...((await webhookOf(client, orgId)) ?? (await newWebhook(client, orgId))),
    projectId: project.id,
    backupRunId: backup.id,
    syncId: syncs.items[0]?.id ?? '',
  };
}

type Client = ReturnType<TestApi['client']>;
type Hook = Pick<Belongings, 'webhookId' | 'deliveryId'>;

/** The webhook that there is, since there may not be many, with a delivery of it. */
async function webhookOf(client: Client, orgId: string): Promise<Hook | undefined> {
  const { items } = await client.webhooks.list.query({ orgId, limit: 1 });
  const [id] = items.map((webhook) => webhook.id);
  if (id === undefined) return undefined;
  const deliveries = await client.webhooks.listDeliveries.query({ orgId, id, limit: 1 });
  const [deliveryId] = deliveries.items.map((delivery) => delivery.id);
  return deliveryId === undefined ? undefined : { webhookId: id, deliveryId };
}

async function newWebhook(client: Client, orgId: string): Promise<Hook> {
  const url = 'https://hooks.example.com/spare';
  const { id } = await client.webhooks.create.mutate({ orgId, url });
  const delivery = await client.webhooks.test.mutate({ orgId, id });
  return { webhookId: id, deliveryId: delivery.id };
}

/** Makes a user a member of an organization without an invitation. */
export async function join(
  pool: pg.Pool,
  { userId, orgId }: { userId: string; orgId: string },
  { isActive }: { isActive: boolean },
): Promise<void> {
  await pool.query(
    `insert into membership (id, organization_id, user_id, role, deactivated_at, created_at, updated_at)
     values ($1, $2, $3, 'MEMBER', case when $4 then null else now() end, now(), now())`,
    [newId('membership'), orgId, userId, isActive],
  );
  await pool.query(`select pg_notify('basekeep_principal', $1)`, [`user:${userId}`]);
}
