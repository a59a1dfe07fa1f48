import type { CallerContext } from '../../context.ts';
import { readPage } from '../../paging/paging.ts';
import type { ListChecks } from './contract.ts';
import { selectChecks, toCheck } from './select-checks.ts';

/** The checks of a data source, newest first, as long as they are kept: 30 days. */
export function listChecks(ctx: Pick<CallerContext, 'em' | 'request'>, input: ListChecks) {
  const all = selectChecks(ctx.em, input.id);
  const wanted = input.status === undefined ? all : all.where('status', '=', input.status);
  return readPage(ctx, wanted, input, toCheck);
}
