import type { CatalogTable } from '../../shared/catalog.ts';
import { createOrm } from '../../shared/db/orm.ts';
import type { CatalogRequest, ConnectionTarget } from '../../workers/connectors/connector.ts';
import { postgres } from '../../workers/connectors/postgres/connector.ts';
import { nowMs, toTime } from '../../workers/database-time.ts';
import { publishCatalog } from '../../workers/sync-schema/publish-catalog.ts';
import { stageCatalog } from '../../workers/sync-schema/stage-catalog.ts';
import { connectionTarget } from '../support/connection-target.ts';

/** The catalog of a PostgreSQL database as our connector reads it. */
export function catalogOf(url: string, request?: CatalogRequest): AsyncIterable<CatalogTable> {
  return postgres.readCatalog(targetOf(url), new AbortController().signal, request);
}

/** The database of a url, without TLS, as a connector takes it. */
export function targetOf(url: string): ConnectionTarget {
  const { hostname: host, port, username, password, pathname } = new URL(url);
  return connectionTarget(
    {
      ...{ dialect: 'POSTGRES', host, port: Number(port) },
      ...{ username: decodeURIComponent(username), databaseName: pathname.slice(1) },
    },
    decodeURIComponent(password),
  );
}

/** What a sync does between a job's start and its end: stages a catalog and publishes it. */
export async function syncOnce(
  databaseUrl: string,
  dataSourceId: string,
  catalog: AsyncIterable<CatalogTable>,
): Promise<void> {
  const orm = createOrm({ databaseUrl, poolSize: 2 });
  try {
    const em = orm.em.fork();
    const attempt = `attempt of ${performance.now()}`;
    const staged = await stageCatalog({ em, dataSourceId, attempt }, () => catalog);
    await em.transactional(async (tx) => {
      const [now] = await tx.getKysely().selectNoFrom(nowMs.as('now_ms')).execute();
      if (!now) throw new Error('no time');
      await publishCatalog(tx, { dataSourceId, attempt, staged, at: toTime(now) });
    });
  } finally {
    await orm.close(true);
  }
}
