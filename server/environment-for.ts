import type { Environment } from '../shared/environments.ts';
import { invalidField } from '../shared/errors.ts';

/** The environment of something new: a key of one environment creates in it, and nowhere else. */
export function environmentFor(
  own: Environment | null,
  wanted: Environment | undefined,
): Environment {
  if (own !== null && wanted !== undefined && wanted !== own) {
    throw invalidField('environment', `A ${own} key reaches ${own} data sources only`);
  }
  return wanted ?? own ?? 'live';
}
