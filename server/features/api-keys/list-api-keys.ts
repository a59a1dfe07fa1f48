import { ApiKey } from '../../../shared/db/entities/api-key.entity.ts';
import type { CallerContext } from '../../context.ts';
import { toPage } from '../../paging.ts';
import { toApiKey } from './to-api-key.ts';

/** The organization's keys, newest first, deactivated ones included. */
export async function listApiKeys(
  ctx: Pick<CallerContext, 'em'>,
  input: { orgId: string; limit: number; cursor?: string | undefined },
) {
  const rows = await ctx.em.find(
    ApiKey,
    {
      organizationId: input.orgId,
      ...(input.cursor === undefined ? {} : { id: { $lt: input.cursor } }),
    },
    { orderBy: { id: 'desc' }, limit: input.limit + 1 },
  );
  return toPage(rows, input.limit, toApiKey);
}
