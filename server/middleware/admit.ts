import type { CallerContext, Context } from '../context.ts';
import { authenticated } from './authenticate.ts';
import { counted, countStranger } from './rate-limit.ts';

/**
 * Lets a caller in: it is known, and has not called too often. Whoever was let in already, because
 * what it asks for could not be told without knowing it, is not counted a second time.
 */
export async function admit(
  ctx: Context | CallerContext,
  procedure: string,
): Promise<CallerContext> {
  if ('principal' in ctx) return ctx;
  const caller = await authenticated(ctx).catch(async (error: unknown) => {
    await countStranger(ctx, error);
    throw error;
  });
  return counted(caller, procedure);
}
