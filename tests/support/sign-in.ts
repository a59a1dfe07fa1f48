import { hashPassword } from '../../server/identity/password.ts';
import { createBasekeepClient } from '../../server/client.ts';
import type { TestApi, TestTenant } from './api.ts';
import type { TestDatabase } from './database.ts';

const password = 'correct horse battery';

/** Signs the tenant's user in; the access token is a credential of its own. */
export async function signIn(
  api: TestApi,
  { pool }: TestDatabase,
  { userId }: Pick<TestTenant, 'userId'>,
): Promise<string> {
  const { rows } = await pool.query<{ email: string }>(
    'update app_user set password_hash = $2 where id = $1 returning email',
    [userId, await hashPassword(password)],
  );
  const anonymous = createBasekeepClient({ url: api.url, apiKey: 'none' });
  const email = rows[0]?.email ?? '';
  return (await anonymous.auth.login.mutate({ email, password })).accessToken;
}
