import type { CallerContext } from '../../context.ts';
import { usableDataSources } from '../../middleware/data-source-access.ts';
import { toPage } from '../../paging.ts';
import { selectDataSources, toDataSource } from './read-data-source.ts';

/** The organization's data sources, newest first: ids are made of time, so their order is the age's. */
export async function listDataSources(
  ctx: Pick<CallerContext, 'em' | 'principal'>,
  input: { orgId: string; limit: number; cursor?: string | undefined },
) {
  let query = selectDataSources(ctx.em, input.orgId, usableDataSources(ctx.principal))
    .orderBy('id', 'desc')
    .limit(input.limit + 1);
  if (input.cursor !== undefined) query = query.where('id', '<', input.cursor);
  return toPage(await query.execute(), input.limit, toDataSource);
}
