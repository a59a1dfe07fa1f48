import { UniqueConstraintViolationException } from '@mikro-orm/core';
import { AppError } from '../shared/errors.ts';

/** Does what gives something its `name`; CONFLICT, naming the field, when another one has it. */
export async function refuseTakenName<Result>(
  reason: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof UniqueConstraintViolationException)) throw cause;
    throw new AppError('CONFLICT', `name: ${reason}`, { fields: { name: reason }, cause });
  }
}
