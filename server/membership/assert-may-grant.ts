import { invalidField } from '../../shared/errors.ts';
import type { Role } from '../../shared/roles.ts';
import { fullAccess, type Principal } from '../identity/principal.ts';

/** Keeps a key with few scopes from making an ADMIN, who may do everything. */
export function assertMayGrant(
  { scopes }: Pick<Principal, 'scopes'>,
  role: Role | undefined,
): void {
  if (role !== 'ADMIN' || scopes.has(fullAccess)) return;
  throw invalidField('role', `Your own credential lacks the scope ${fullAccess}`);
}
