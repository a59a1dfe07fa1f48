import { defineEntity, p } from '@mikro-orm/core';
import type { ConnectionFailureCode } from '../../failures/connection-failures.ts';
import { baseProperties, tenantFilter } from '../base.entity.ts';

export const syncTriggers = ['created', 'updated', 'requested', 'scheduled'] as const;
export const syncRunStatuses = ['PENDING', 'SUCCESS', 'FAILED', 'CANCELLED'] as const;

export const SyncRun = defineEntity({
  name: 'SyncRun',
  tableName: 'sync_run',
  properties: {
    ...baseProperties,
    organizationId: p.string(),
    dataSourceId: p.string(),
    trigger: p.enum(syncTriggers),
    status: p.enum(syncRunStatuses).default('PENDING'),
    failure: p.string().$type<ConnectionFailureCode>().strictNullable(),
    startedAt: p.datetime(3).strictNullable(),
    finishedAt: p.datetime(3).strictNullable(),
    tables: p.integer().strictNullable(),
    columns: p.integer().strictNullable(),
    tablesAdded: p.integer().strictNullable(),
    tablesChanged: p.integer().strictNullable(),
    tablesRemoved: p.integer().strictNullable(),
    /** Those that patterns leave out now. */
    tablesDeselected: p.integer().strictNullable(),
    /** What the attempt at work has read so far; kept when it has ended. */
    tablesRead: p.integer().strictNullable(),
    columnsRead: p.integer().strictNullable(),
  },
  filters: tenantFilter,
});
