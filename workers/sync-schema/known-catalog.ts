import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { CatalogState, StoredCatalog } from '../connectors/connector.ts';
import type { LoadedDataSource } from '../load-data-source.ts';

/** What a stored catalog was read from, for as long as that can be relied on. */
interface KnownCatalog extends CatalogState {
  readonly tables: number;
  readonly columns: number;
}

/** Compares what a connector says of the database with what the stored catalog was read from. */
export class ChangeCheck {
  readonly #known: KnownCatalog | null;
  /** As the connector says; null when it cannot tell. */
  now: CatalogState | null = null;

  constructor(known: KnownCatalog | null) {
    this.#known = known;
  }

  /** The stored catalog, as a connector is asked with it. */
  asking(leave: StoredCatalog['leave']): StoredCatalog {
    return {
      state: this.#known,
      see: (now) => {
        this.now = now;
      },
      leave,
    };
  }

  /** The size of the stored catalog, when it is what the database has. */
  get unchanged(): Pick<KnownCatalog, 'tables' | 'columns'> | null {
    return this.now !== null && this.now.token === this.#known?.token ? this.#known : null;
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
    select token, marks, tables, columns from catalog_state
    where data_source_id = ${source.id} and connection_version = ${source.connectionVersion}
      and read_at > now() - interval '7 days'`.execute(em.getKysely());
  return rows[0] ?? null;
}

/** A catalog that was read, or of which so many tables were left as they are. */
interface Read {
  readonly tables: number;
  readonly columns: number;
  readonly left: number;
  /** Null when the connector cannot tell. */
  readonly state: CatalogState | null;
}

/**
 * Inside the commit that publishes the catalog: what it was read from. One of which tables
 * were left was not read in full.
 */
export async function saveKnown(
  em: EntityManager,
  source: LoadedDataSource,
  { state, tables, columns, left }: Read,
  readAt: Date,
): Promise<void> {
  if (!state) {
    await sql`delete from catalog_state where data_source_id = ${source.id}`.execute(
      em.getKysely(),
    );
    return;
  }
  await sql`
    insert into catalog_state as s
      (data_source_id, connection_version, token, marks, tables, columns, read_at)
    values (${source.id}, ${source.connectionVersion}, ${state.token}, ${state.marks}, ${tables},
      ${columns}, ${readAt.toISOString()})
    on conflict (data_source_id) do update set connection_version = excluded.connection_version,
      token = excluded.token, marks = excluded.marks, tables = excluded.tables,
      columns = excluded.columns,
      read_at = case when ${left > 0}::boolean then s.read_at else excluded.read_at end`.execute(
    em.getKysely(),
  );
}
