import { hkdfSync } from 'node:crypto';
import { AppError } from '../../../shared/errors.ts';
import type { Role } from '../../../shared/roles.ts';
import type { CallerContext } from '../../context.ts';

type Needs = Pick<CallerContext, 'apiSecret'> & { readonly role: Role };

interface Asked {
  readonly id: string;
  readonly include?: 'jwtSecret' | undefined;
}

/**
 * The `jwtSecret` of an organization, for admins who ask for it: the HS256 secret for single sign-on,
 * derived and never stored, so a database dump does not hold it. Nothing for who has not asked;
 * FORBIDDEN for who may not have it.
 */
export function jwtSecretFor({ apiSecret, role }: Needs, { id, include }: Asked) {
  if (include !== 'jwtSecret') return {};
  if (role !== 'ADMIN') throw new AppError('FORBIDDEN', 'Only admins may read the jwtSecret');
  const secret = hkdfSync('sha256', apiSecret, id, 'basekeep-organization-jwt-v1', 32);
  return { jwtSecret: Buffer.from(secret).toString('base64url') };
}
