import { User } from '../../../shared/db/entities/user.entity.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { normalEmail } from '../../identity/email.ts';

/** The user that an address signs in as, with its password's hash; null when it has no account. */
export function findAccount(em: EntityManager, unsafeEmail: string) {
  return em.findOne(
    User,
    { email: normalEmail(unsafeEmail), status: 'ACTIVE' },
    { populate: ['passwordHash'] },
  );
}
