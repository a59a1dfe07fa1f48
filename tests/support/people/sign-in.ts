import { createBasekeepClient } from '../../../server/client.ts';
import type { TestTenant } from '../api.ts';
import type { TestDatabase } from '../database.ts';
import { setPassword } from './set-password.ts';

/** Signs the tenant's user in at an API; the access token is a credential of its own. */
export async function signIn(
  { url }: { readonly url: string },
  database: TestDatabase,
  tenant: TestTenant,
): Promise<string> {
  const password = 'correct horse battery';
  const email = await setPassword(database, tenant, password);
  const { auth } = createBasekeepClient({ url, apiKey: 'none' });
  return (await auth.login.mutate({ email, password })).accessToken;
}
