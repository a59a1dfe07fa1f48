import { hashPassword } from '../../../server/identity/password.ts';
import type { TestTenant } from '../api.ts';
import type { TestDatabase } from '../database.ts';

/** Lets a tenant's user sign in; gives its email address. */
export async function setPassword(
  { pool }: TestDatabase,
  { userId }: TestTenant,
  password: string,
): Promise<string> {
  await pool.query('update app_user set password_hash = $1 where id = $2', [
    await hashPassword(password),
    userId,
  ]);
  return `${userId}@example.com`;
}
