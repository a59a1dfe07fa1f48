import { defineEntity, p } from '@mikro-orm/core';
import type { Connection } from '../../connection.ts';
import type { ConnectionFailureCode } from '../../failures/connection-failures.ts';
import { dialects } from '../../dialects.ts';
import { environments } from '../../environments.ts';
import { intervalBounds } from '../../schedule.ts';
import { baseProperties, tenantFilter } from '../base.entity.ts';

export const syncStatuses = ['PENDING', 'SUCCESS', 'FAILED', 'NEVER_SYNCED'] as const;
export const accessModes = ['everyone', 'restricted'] as const;
export const healthStatuses = ['HEALTHY', 'UNHEALTHY'] as const;

export const DataSource = defineEntity({
  name: 'DataSource',
  tableName: 'data_source',
  properties: {
    ...baseProperties,
    organizationId: p.string(),
    displayName: p.string(),
    description: p.text().default(''),
    dialect: p.enum(dialects),
    /** How to reach the database. Never a secret: those are envelopes. */
    connection: p.json<Connection>(),
    /** Which tables are synced; see shared/patterns. */
    tablePatterns: p.json<readonly string[]>().default([]),
    /** Counts changes of `connection`, its secrets and what is read through it. A job's result for an older one is dropped. */
    connectionVersion: p.integer().default(1),
    /** The SSH server's host key that is trusted, unless `connection` names one; null before its first use. */
    sshHostKey: p.string().strictNullable(),
    environment: p.enum(environments).default('live'),
    /** Whether members need a grant to use it; admins never do. */
    accessMode: p.enum(accessModes).default('everyone'),
    isDemo: p.boolean().default(false),
    lastSyncStatus: p.enum(syncStatuses).default('NEVER_SYNCED'),
    lastSyncAttemptAt: p.datetime(3).strictNullable(),
    lastSuccessfulSyncAt: p.datetime(3).strictNullable(),
    syncFailure: p.string().$type<ConnectionFailureCode>().strictNullable(),
    lastHealthStatus: p.enum(healthStatuses).default('HEALTHY'),
    lastHealthyAt: p.datetime(3),
    lastHealthCheckAttemptAt: p.datetime(3),
    /** When the connection, as it is now, was first seen healthy. */
    provenAt: p.datetime(3).strictNullable().default(null),
    /** How many of the last checks failed, one after another, and since when. */
    checkFailures: p.integer().default(0),
    failingSince: p.datetime(3).strictNullable().default(null),
    /** When the scheduler looks at it next, in database time. */
    nextSyncAt: p.datetime(3),
    nextHealthCheckAt: p.datetime(3),
    syncIntervalSeconds: p.integer().default(intervalBounds.sync.usual),
    healthIntervalSeconds: p.integer().default(intervalBounds.health.usual),
    /** How many of the last syncs failed, one after another. */
    syncFailures: p.integer().default(0),
    /** While it is set, no sync and no check is sent by the schedule. */
    pausedAt: p.datetime(3).strictNullable().default(null),
    /** Why, in the words of whoever paused it. */
    pauseReason: p.text().strictNullable().default(null),
    /** When somebody last saw its secrets in clear. */
    lastRevealedAt: p.datetime(3).strictNullable().default(null),
    deletedAt: p.datetime(3).strictNullable(),
  },
  filters: {
    ...tenantFilter,
    alive: { name: 'alive', cond: { deletedAt: null }, default: true },
  },
});
