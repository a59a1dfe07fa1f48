import { AppError } from '../../shared/errors.ts';
import type { CallerContext, Context } from '../context.ts';
import type { Limit } from '../identity/limiter.ts';
import { networkOf } from '../identity/network.ts';
import { accountOf } from '../identity/principal.ts';
import type { Allowance } from '../identity/quotas.ts';
import { toAppError } from './errors.ts';

const windowSeconds = 60;

/**
 * Takes one request of a known caller's quota, and says in the answer's headers what is left. Every
 * call counts, one by one in a batch too. RATE_LIMITED when nothing was left; what passes is added
 * to the usage of its key.
 */
export async function counted(ctx: CallerContext, procedure: string): Promise<CallerContext> {
  const { principal, request } = ctx;
  const limit: Limit = {
    name: principal.kind === 'session' ? 'user' : 'key',
    limit: ctx.perMinute[principal.plan],
    windowSeconds,
  };
  await take(ctx, limit, accountOf(principal));
  if (principal.kind !== 'session') {
    ctx.keyUsage.count(principal.credentialId, request.route ?? `/trpc/${procedure}`);
  }
  return ctx;
}

/**
 * Counts what nobody could be recognised by, against its address: whoever tries credentials is told
 * to wait. Those with a good one are not held up, whoever else may share their address. RATE_LIMITED
 * in place of UNAUTHENTICATED when they were too many; other errors do not count.
 */
export async function countStranger(ctx: Context, error: unknown): Promise<void> {
  if (toAppError(error).code !== 'UNAUTHENTICATED') return;
  const limit: Limit = { name: 'address', limit: ctx.perMinute.ADDRESS, windowSeconds };
  await take(ctx, limit, networkOf(ctx.request.address)).catch((failure: unknown) => {
    // Without a database the refusal itself still stands.
    if (failure instanceof AppError) throw failure;
  });
}

async function take(ctx: Context, limit: Limit, subject: string): Promise<void> {
  const allowance = await ctx.quotas.take(limit, subject);
  announce(ctx, limit, allowance);
  if (!allowance.isAllowed) throw rateLimited(allowance.resetsInMs);
}

/** draft-ietf-httpapi-ratelimit-headers-11: structured fields, the policy by its name. */
function announce({ request }: Context, limit: Limit, { remaining, resetsInMs }: Allowance): void {
  const resetsInSeconds = Math.ceil(resetsInMs / 1_000);
  request.setHeader(
    'RateLimit-Policy',
    `"${limit.name}";q=${limit.limit};w=${limit.windowSeconds}`,
  );
  request.setHeader('RateLimit', `"${limit.name}";r=${remaining};t=${resetsInSeconds}`);
}

/** RATE_LIMITED, in the words of the contracts. */
function rateLimited(resetsInMs: number): AppError {
  const retryAfterMs = Math.ceil(resetsInMs);
  const seconds = Math.ceil(resetsInMs / 1_000);
  return new AppError(
    'RATE_LIMITED',
    `You have exceeded your rate limit. Try again in ${seconds} seconds.`,
    { retryAfterMs },
  );
}
