import { AppError } from '../../../../shared/errors.ts';
import type { Role } from '../../../../shared/roles.ts';

/** What is hidden is hidden by ADMINs and from everybody else. */
export function assertAdmin(role: Role): void {
  if (role !== 'ADMIN') throw new AppError('FORBIDDEN', 'Only an ADMIN may see or hide this');
}
