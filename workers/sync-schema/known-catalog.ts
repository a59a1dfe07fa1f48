import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { LoadedDataSource } from '../load-data-source.ts';

/** What a stored catalog was read from, for as long as that can be relied on. */
interface KnownCatalog {
  readonly token: string;
  readonly tables: number;
  readonly columns: number;
}

/** Compares what a connector says of the database with what the stored catalog was read from. */
export class ChangeCheck {
  readonly #known: KnownCatalog | null;
  /** As the connector says; null when it cannot tell. */
  token: string | null = null;

  constructor(known: KnownCatalog | null) {
    this.#known = known;
  }

  readonly isKnown = (token: string): boolean => {
    this.token = token;
    return this.unchanged !== null;
  };

  /** The size of the stored catalog, when it is what the database has. */
  get unchanged(): Pick<KnownCatalog, 'tables' | 'columns'> | null {
    return this.token !== null && this.token === this.#known?.token ? this.#known : null;
  }
}

/**
 * What the stored catalog was read from, unless the connection or the patterns have changed since.
 * After a week it is read in full, whatever the token says: trust, and verify.
 */
export async function loadKnown(
  em: EntityManager,
  source: LoadedDataSource,
): Promise<KnownCatalog | null> {
  const { rows } = await sql<KnownCatalog>`
    select token, tables, columns from catalog_state
    where data_source_id = ${source.id} and connection_version = ${source.connectionVersion}
      and read_at > now() - interval '7 days'`.execute(em.getKysely());
  return rows[0] ?? null;
}

/** Inside the commit that publishes the catalog, which was read in full. */
export async function saveKnown(
  em: EntityManager,
  source: LoadedDataSource,
  { token, tables, columns }: { token: string | null; tables: number; columns: number },
  readAt: Date,
): Promise<void> {
  if (token === null) {
    await sql`delete from catalog_state where data_source_id = ${source.id}`.execute(
      em.getKysely(),
    );
    return;
  }
  await sql`
    insert into catalog_state as s
      (data_source_id, connection_version, token, tables, columns, read_at)
    values (${source.id}, ${source.connectionVersion}, ${token}, ${tables}, ${columns},
      ${readAt.toISOString()})
    on conflict (data_source_id) do update set connection_version = excluded.connection_version,
      token = excluded.token, tables = excluded.tables, columns = excluded.columns,
      read_at = excluded.read_at`.execute(em.getKysely());
}
