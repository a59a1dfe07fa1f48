import { afterAll, beforeAll } from 'vitest';
import { createBasekeepClient } from '../../../server/client.ts';
import { useApi, type TestApi } from '../../support/api.ts';
import { useDatabase, type TestDatabase } from '../../support/database.ts';
import { makeKeyFolder, runApi, type RunningApi } from '../../support/processes/processes.ts';

/** One installation with several API processes. */
export interface Replicas {
  readonly database: TestDatabase;
  /** Another process, to make tenants with. */
  readonly maker: TestApi;
  readonly keys: Awaited<ReturnType<typeof makeKeyFolder>>;
  /** The url of one after the other. */
  urlOf(n: number): string;
  /** A client of one of them, with a credential or without. */
  client(n: number, apiKey?: string): ReturnType<typeof createBasekeepClient>;
}

/** Two API processes on a database of their own; `env` of each is added to its environment. */
export function useReplicas(...env: readonly Readonly<Record<string, string>>[]): Replicas {
  const database = useDatabase();
  const maker = useApi(database);
  const processes: RunningApi[] = [];
  let keys: Awaited<ReturnType<typeof makeKeyFolder>> | undefined;
  beforeAll(async () => {
    const made = (keys = await makeKeyFolder());
    await maker.tenant();
    // The processes bring their own key pair, as if this were another installation.
    await database.pool.query('delete from sealing_key');
    const options = { databaseUrl: database.url, keys: made, logLevel: 'error' };
    processes.push(...(await Promise.all(env.map((more) => runApi({ ...options, env: more })))));
  });
  afterAll(async () => {
    await Promise.all(processes.map((api) => api.end()));
    await keys?.remove();
  });
  const urlOf = (n: number): string => processes[n % processes.length]?.url ?? '';
  return {
    database,
    maker,
    get keys() {
      if (!keys) throw new Error('The keys exist from beforeAll on.');
      return keys;
    },
    urlOf,
    client: (n, apiKey = 'none') => createBasekeepClient({ url: urlOf(n), apiKey }),
  };
}
