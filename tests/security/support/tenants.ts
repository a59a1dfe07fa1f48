import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { credentialIdOf, newId } from '../../../shared/ids.ts';
import type { TestApi, TestTenant } from '../../support/api.ts';
import { belongingsNamed, type Belongings, type Thing } from '../../support/matrix.ts';

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

/**
 * A new data source, a new key, a newly invited member in a new group and so on, of a tenant; or of
 * these what is wanted, with names that nothing has in the place of the rest.
 */
export async function belongings(
  api: TestApi,
  { orgId, key }: TestTenant,
  wanted: readonly Thing[] = things,
): Promise<Belongings> {
  const client = api.client({ key });
  let own: Belongings = { ...belongingsNamed('not wanted'), orgId };
  for (const make of new Set<Maker>(wanted.map((thing) => makers[thing]))) {
    own = { ...own, ...(await make(client, orgId)) };
  }
  return own;
}

type Client = ReturnType<TestApi['client']>;
type Hook = Pick<Belongings, 'webhookId' | 'deliveryId'>;

async function newSource(client: Client, orgId: string) {
  const { id } = await client.dataSources.create.mutate({
    orgId,
    type: 'direct',
    dialect: 'POSTGRES',
    displayName: 'Warehouse',
    host: 'db.example.com',
    username: 'reader',
    password: 'the password',
  });
  const syncs = await client.dataSources.listSyncs.query({ orgId, id });
  return { dataSourceId: id, credentialId: credentialIdOf(id), syncId: syncs.items[0]?.id ?? '' };
}

async function newGroup(client: Client, orgId: string) {
  const { id } = await client.groups.create.mutate({ orgId, name: randomUUID() });
  const email = `${randomUUID()}@example.com`;
  const member = await client.members.invite.mutate({ orgId, email });
  await client.groups.addMember.mutate({ orgId, id, memberId: member.id });
  return { groupId: id, memberId: member.id };
}

async function newProject(client: Client, orgId: string) {
  return { projectId: (await client.projects.create.mutate({ orgId, name: randomUUID() })).id };
}

async function newBackup(client: Client, orgId: string) {
  return { backupRunId: (await client.backups.request.mutate({ orgId })).id };
}

async function newKey(client: Client, orgId: string) {
  return { apiKeyId: (await client.apiKeys.create.mutate({ orgId, name: 'spare' })).id };
}

async function someWebhook(client: Client, orgId: string): Promise<Hook> {
  return (await webhookOf(client, orgId)) ?? newWebhook(client, orgId);
}

type Maker = (client: Client, orgId: string) => Promise<Partial<Belongings>>;

const makers = {
  dataSourceId: newSource,
  credentialId: newSource,
  syncId: newSource,
  groupId: newGroup,
  memberId: newGroup,
  projectId: newProject,
  backupRunId: newBackup,
  apiKeyId: newKey,
  webhookId: someWebhook,
  deliveryId: someWebhook,
} as const satisfies Record<Thing, Maker>;

const things = Object.keys(makers) as Thing[];

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
