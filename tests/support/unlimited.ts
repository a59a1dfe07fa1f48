import type { RequestsPerMinute } from '../../server/context.ts';

/** Limits that no test comes near. */
export const unlimited: RequestsPerMinute = {
  FREE: 1_000_000_000,
  PRO: 1_000_000_000,
  ENTERPRISE: 1_000_000_000,
  ADDRESS: 1_000_000_000,
};

/** The same, as the environment of an API process. */
export const unlimitedEnv = Object.fromEntries(
  Object.entries(unlimited).map(([name, limit]) => [`RATE_LIMIT_${name}`, String(limit)]),
);
