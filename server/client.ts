import {
  createTRPCClient,
  httpBatchLink,
  type HTTPBatchLinkOptions,
  type TRPCClient,
} from '@trpc/client';
import type { AppRouter } from './router.ts';

export interface ClientOptions {
  /** Where the API is, e.g. `https://basekeep.example.com`. */
  readonly url: string;
  /** A bearer key, or what gives one for each request. */
  readonly apiKey: string | (() => string | Promise<string>);
  readonly fetch?: NonNullable<HTTPBatchLinkOptions<never>['fetch']>;
}

/**
 * The typed client: `client.dataSources.list.query({ orgId })`. Calls made in the same tick travel
 * as one batch of up to ten. Errors are `TRPCClientError`; `error.data.errorCode` is stable.
 */
export function createBasekeepClient({ url, apiKey, fetch }: ClientOptions): TRPCClient<AppRouter> {
  return createTRPCClient<AppRouter>({
    links: [
      httpBatchLink({
        url: new URL('/trpc', url).href,
        maxItems: 10,
        headers: async () => ({
          authorization: `Bearer ${typeof apiKey === 'string' ? apiKey : await apiKey()}`,
        }),
        ...(fetch ? { fetch } : {}),
      }),
    ],
  });
}
