import { MikroORM, defineConfig } from '@mikro-orm/postgresql';
import type pg from 'pg';
import { Migrator } from '@mikro-orm/migrations';
import { entities } from './entities/index.ts';
import { Migration20261121000000_first_light } from './migrations/Migration20261121000000_first_light.ts';
import { Migration20261121000002_ssh_host_key } from './migrations/Migration20261121000002_ssh_host_key.ts';
import { Migration20261121000300_credentials } from './migrations/Migration20261121000300_credentials.ts';
import { Migration20261121000310_audit_filters } from './migrations/Migration20261121000310_audit_filters.ts';
import { Migration20261121000500_catalog_memory } from './migrations/Migration20261121000500_catalog_memory.ts';
import { Migration20261121000400_limits } from './migrations/Migration20261121000400_limits.ts';
import { Migration20261121000401_api_key_usage } from './migrations/Migration20261121000401_api_key_usage.ts';
import { Migration20261121000402_idempotency } from './migrations/Migration20261121000402_idempotency.ts';
import { Migration20261122000300_schedules } from './migrations/Migration20261122000300_schedules.ts';
import { Migration20261122000301_health_memory } from './migrations/Migration20261122000301_health_memory.ts';
import { Migration20261122000302_webhooks } from './migrations/Migration20261122000302_webhooks.ts';
import { Migration20261122000700_data_source_context } from './migrations/Migration20261122000700_data_source_context.ts';
import { Migration20261122000800_catalog_marks } from './migrations/Migration20261122000800_catalog_marks.ts';
import { Migration20261122000200_sync_engine } from './migrations/Migration20261122000200_sync_engine.ts';
import { Migration20261122000100_organization_icons } from './migrations/Migration20261122000100_organization_icons.ts';
import { Migration20261122000101_managed_tables } from './migrations/Migration20261122000101_managed_tables.ts';
import { Migration20261122000102_backup_runs } from './migrations/Migration20261122000102_backup_runs.ts';
import { prepareOften } from './prepare-often.ts';
import { writeTogether } from './write-together.ts';
import { releaseDead } from './release-dead.ts';
import { Migration20261121000100_identity } from './migrations/Migration20261121000100_identity.ts';
import { Migration20261121000200_people } from './migrations/Migration20261121000200_people.ts';
import { Migration20261121000201_groups } from './migrations/Migration20261121000201_groups.ts';

export interface DatabaseOptions {
  readonly databaseUrl: string;
  readonly poolSize: number;
}

/**
 * The ORM's configuration; `mikro-orm.config.ts` gives the same to its command line. Connects at
 * the first query: nothing in here waits for PostgreSQL.
 */
export function ormOptions({ databaseUrl, poolSize }: DatabaseOptions) {
  return defineConfig({
    clientUrl: databaseUrl,
    entities: [...entities],
    extensions: [Migrator],
    ensureDatabase: false,
    // Values are written into SQL texts, so SQL is never logged.
    debug: false,
    pool: { min: 0, max: poolSize, idleTimeoutMillis: 30_000 },
    // Timestamps are then written with the offset +00, which isoTime relies on.
    driverOptions: {
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      // See server/in-one-go.ts. Cursors of pg are refused then, those of SQL are not.
      pipeline: true,
      options: '-c TimeZone=UTC',
      onPoolCreated(pool: pg.Pool) {
        releaseDead(pool);
        writeTogether(pool);
        prepareOften(pool);
      },
    },
    migrations: {
      tableName: 'schema_migration',
      snapshot: false,
      silent: true,
      migrationsList: [
        Migration20261121000000_first_light,
        Migration20261121000002_ssh_host_key,
        Migration20261121000100_identity,
        Migration20261121000200_people,
        Migration20261121000201_groups,
        Migration20261121000300_credentials,
        Migration20261121000310_audit_filters,
        Migration20261121000400_limits,
        Migration20261121000401_api_key_usage,
        Migration20261121000402_idempotency,
        Migration20261121000500_catalog_memory,
        Migration20261122000100_organization_icons,
        Migration20261122000101_managed_tables,
        Migration20261122000102_backup_runs,
        Migration20261122000200_sync_engine,
        Migration20261122000300_schedules,
        Migration20261122000301_health_memory,
        Migration20261122000302_webhooks,
        Migration20261122000700_data_source_context,
        Migration20261122000800_catalog_marks,
      ],
    },
  });
}

export function createOrm(options: DatabaseOptions) {
  return new MikroORM(ormOptions(options));
}

export type Orm = ReturnType<typeof createOrm>;
export type EntityManager = Orm['em'];
