import type { TestApi, TestTenant } from '../../support/api.ts';
import { postgres } from '../fixtures.ts';

/** A tenant with a trail of eight events, some of them about names that are not ASCII. */
export async function writeTrail(api: TestApi): Promise<TestTenant> {
  const tenant = await api.tenant();
  const { orgId } = tenant;
  const client = api.client(tenant);
  const { id } = await client.dataSources.create.mutate({ orgId, ...postgres });
  for (const displayName of ['Größe', '数据', '\uFFFD', '🗝'])
    await client.dataSources.update.mutate({ orgId, id, displayName });
  await api.client(await api.tenant('Other')).organizations.list.query({});
  return tenant;
}
