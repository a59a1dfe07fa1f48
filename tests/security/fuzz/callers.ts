import type { TestApi } from '../../support/api.ts';
import type { TestDatabase } from '../../support/database.ts';
import { matrixDefinition, type Belongings } from '../../support/matrix.ts';
import { signIn } from '../../support/people/sign-in.ts';
import { storeTable } from '../../support/store-table.ts';
import { belongings } from '../support/tenants.ts';

type Headers = Readonly<Record<string, string>>;

/** Who asks, by each kind of credential, and what there is to ask for. */
export interface Callers {
  readonly own: readonly Belongings[];
  /** For most requests. */
  readonly bearer: Headers;
  readonly pair: Headers;
  readonly nobody: Headers;
  /** Makes organizations, of which whoever else asks should have one only. */
  readonly founder: Headers;
}

/** A tenant with three of everything. */
export async function makeCallers(api: TestApi, database: TestDatabase): Promise<Callers> {
  const [tenant, founder] = [await api.tenant('Fuzz'), await api.tenant('Founder')];
  const { orgId } = tenant;
  const own = await Promise.all([0, 1, 2].map(() => belongings(api, tenant)));
  for (const { dataSourceId } of own) await storeTable(database, dataSourceId, matrixDefinition);
  const pair = await api
    .client(tenant)
    .apiKeys.create.mutate({ orgId, name: 'pair', kind: 'pair', environment: 'live' });
  return {
    own,
    bearer: { authorization: `Bearer ${tenant.key}` },
    pair: { 'x-api-key': pair.key, 'x-api-secret': pair.secret ?? '' },
    nobody: {},
    founder: { authorization: `Bearer ${founder.key}` },
  };
}

/**
 * Sessions of a user of its own at a running API, whose sign-in is long ago: what asks for a recent
 * one would wait for a worker, and there is none.
 */
export async function signInLongAgo(
  api: { readonly url: string; readonly maker: TestApi },
  database: TestDatabase,
  count: number,
): Promise<Headers[]> {
  const tenant = await api.maker.tenant('Signed in');
  const sessions: Headers[] = [];
  for (let n = 0; n < count; n += 1) {
    sessions.push({ authorization: `Bearer ${await signIn(api, database, tenant)}` });
  }
  await database.pool.query(`update user_session set signed_in_at = now() - interval '1 hour'`);
  return sessions;
}

/** An address that nobody else has, for what is limited by address. */
export const addressOf = (n: number): Headers => ({
  'x-forwarded-for': `198.51.${(n >> 8) & 255}.${n & 255}`,
});
