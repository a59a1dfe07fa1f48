import { AppError } from '../../shared/errors.ts';
import { originOf, type CallerContext, type Context } from '../context.ts';

const scheme = /^Bearer +(\S+)$/i;

/** The bearer key of a request, or null. */
export function bearerOf(authorization: string | undefined): string | null {
  return scheme.exec(authorization ?? '')?.[1] ?? null;
}

/** Adds the caller to the context. One answer for every way of not being known. */
export async function authenticated(ctx: Context): Promise<CallerContext> {
  const key = bearerOf(ctx.request.authorization);
  const principal = key === null ? null : await ctx.principals.find(key);
  if (!principal) throw new AppError('UNAUTHENTICATED', 'Missing or invalid API key');
  return { ...ctx, principal, origin: originOf(ctx.request, principal) };
}
