import type { CallerContext } from '../../context.ts';
import { usableDataSources } from '../../middleware/data-source-access.ts';
import { readPage } from '../../paging/paging.ts';
import { selectDataSources, toDataSource } from './read-data-source.ts';

/** The organization's data sources, newest first. */
export async function listDataSources(
  ctx: Pick<CallerContext, 'em' | 'principal' | 'request'>,
  input: { orgId: string; limit: number; cursor?: string | undefined },
) {
  const query = selectDataSources(ctx.em, input.orgId, usableDataSources(ctx.principal));
  return readPage(ctx, query, input, toDataSource);
}
