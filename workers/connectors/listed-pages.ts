import { hash } from 'node:crypto';
import { ConnectionFailure } from './connector.ts';

/** One page of a list. */
export interface ListPage<T> {
  readonly items: readonly T[];
  /** Where the next page begins, as the service says it; absent or empty after the last. */
  readonly next: string | undefined;
}

/** Services may give empty pages with more behind them; one that gives nothing else is no such. */
const maxEmptyPages = 100;

/**
 * The items on all pages of a list, each name once: what is made or dropped meanwhile moves items from
 * one page to the next. Throws LIMIT_EXCEEDED beyond `maxItems`, repetitions included, so that a server
 * that goes in circles is found out, and what `read` throws.
 */
export async function* listedPages<T>(
  maxItems: number,
  nameOf: (item: T) => string,
  read: (pageToken: string | undefined) => Promise<ListPage<T>>,
): AsyncGenerator<T> {
  // Digests, because names are as long as a server likes.
  const seen = new Set<string>();
  let listed = 0;
  let emptyPages = 0;
  let pageToken: string | undefined;
  do {
    const { items, next } = await read(pageToken);
    emptyPages = items.length === 0 ? emptyPages + 1 : 0;
    listed += items.length;
    if (emptyPages > maxEmptyPages) throw new ConnectionFailure('PROTOCOL_ERROR');
    if (listed > maxItems) throw new ConnectionFailure('LIMIT_EXCEEDED');
    for (const item of items) {
      const digest = hash('sha256', nameOf(item), 'base64url');
      if (seen.has(digest)) continue;
      seen.add(digest);
      yield item;
    }
    pageToken = next || undefined;
  } while (pageToken !== undefined);
}
