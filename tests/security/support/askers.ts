import type { TestApi } from '../../support/api.ts';
import type { TestDatabase } from '../../support/database.ts';
import type { Belongings } from '../../support/matrix.ts';
import { furnished, join, type Furnished } from './tenants.ts';

/** Who asks, with what of its own. */
interface Asker {
  readonly key: string | null;
  readonly home: Furnished;
}

export const askerNames = [
  "another organization's admin",
  'a deactivated member',
  'a member',
  'a deactivated key',
  'an expired key',
  'nobody',
] as const;

export type AskerName = (typeof askerNames)[number];

interface Cast {
  readonly victim: Furnished;
  readonly askers: Readonly<Record<AskerName, Asker>>;
}

/** A tenant, and everybody who is to learn nothing of it. */
export async function makeAskers(database: TestDatabase, api: TestApi): Promise<Cast> {
  const victim = await furnished(api, 'Victim');
  const stranger = await furnished(api, 'Stranger');
  const member = await furnished(api, 'Member');
  const former = await furnished(api, 'Former');
  await join(database.pool, { userId: member.userId, orgId: victim.orgId }, { isActive: true });
  await join(database.pool, { userId: former.userId, orgId: victim.orgId }, { isActive: false });
  const { orgId } = victim;
  // The data source is not everyone's: to the member it is out of reach, wherever it asks from.
  const policy = { orgId, id: victim.dataSourceId, groupIds: [victim.groupId] };
  await api.client(victim).access.replace.mutate({ ...policy, mode: 'restricted' });
  const keys = api.client(victim).apiKeys;
  const dead = await keys.create.mutate({ orgId, name: 'dead' });
  await keys.deactivate.mutate({ orgId, id: dead.id });
  const expiring = await keys.create.mutate({
    orgId,
    name: 'expired',
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
  });
  await database.pool.query(
    `update api_key set expires_at = now() - '1 s'::interval where id = $1`,
    [expiring.id],
  );
  const askers = {
    "another organization's admin": { key: stranger.key, home: stranger },
    'a deactivated member': { key: former.key, home: former },
    'a member': { key: member.key, home: member },
    'a deactivated key': { key: dead.key, home: victim },
    'an expired key': { key: expiring.key, home: victim },
    nobody: { key: null, home: victim },
  };
  return { victim, askers };
}

/** Ids of the right form that nobody has. */
export const random: Belongings = {
  orgId: 'org_01jd5w9c3zf8r8kq4j0mpx2v7e',
  dataSourceId: 'ds_01jd5w9c3zf8r8kq4j0mpx2v7e',
  apiKeyId: 'key_01jd5w9c3zf8r8kq4j0mpx2v7e',
  memberId: 'mbr_01jd5w9c3zf8r8kq4j0mpx2v7e',
  groupId: 'grp_01jd5w9c3zf8r8kq4j0mpx2v7e',
  credentialId: 'crd_01jd5w9c3zf8r8kq4j0mpx2v7e',
  projectId: 'prj_01jd5w9c3zf8r8kq4j0mpx2v7e',
  backupRunId: 'bkp_01jd5w9c3zf8r8kq4j0mpx2v7e',
  syncId: 'run_01jd5w9c3zf8r8kq4j0mpx2v7e',
  webhookId: 'whk_01jd5w9c3zf8r8kq4j0mpx2v7e',
  deliveryId: 'dlv_01jd5w9c3zf8r8kq4j0mpx2v7e',
};
