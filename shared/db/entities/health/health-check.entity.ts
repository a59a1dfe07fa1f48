import { defineEntity, p } from '@mikro-orm/core';
import type { ConnectionFailureCode } from '../../../failures/connection-failures.ts';
import type { ProbeStep } from '../../../probe.ts';
import { baseProperties, tenantFilter } from '../../base.entity.ts';
import { healthStatuses } from '../data-source.entity.ts';

export const HealthCheck = defineEntity({
  name: 'HealthCheck',
  tableName: 'health_check',
  properties: {
    ...baseProperties,
    organizationId: p.string(),
    dataSourceId: p.string(),
    status: p.enum(healthStatuses),
    failure: p.string().$type<ConnectionFailureCode>().strictNullable(),
    durationMs: p.float(),
    serverVersion: p.string().strictNullable(),
    /** The fingerprint that the SSH server showed, trusted or not. */
    sshHostKey: p.string().strictNullable(),
    certificateExpiresInDays: p.integer().strictNullable(),
    steps: p.json<readonly ProbeStep[]>(),
  },
  filters: tenantFilter,
});
