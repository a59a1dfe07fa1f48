import { defineEntity, p } from '@mikro-orm/core';
import type { ConnectionFailureCode } from '../../../failures/connection-failures.ts';
import type { ProbeStep } from '../../../probe.ts';
import { baseProperties, tenantFilter } from '../../base.entity.ts';

/** One outage of a data source, from the first of its failed checks to the first good one. */
export const HealthIncident = defineEntity({
  name: 'HealthIncident',
  tableName: 'health_incident',
  properties: {
    ...baseProperties,
    organizationId: p.string(),
    dataSourceId: p.string(),
    startedAt: p.datetime(3),
    /** Null while it goes on. */
    endedAt: p.datetime(3).strictNullable(),
    failure: p.string().$type<ConnectionFailureCode>(),
    /** The step of the probe that failed; null when it did not get as far as its first. */
    step: p.string().$type<ProbeStep['step']>().strictNullable(),
  },
  filters: tenantFilter,
});
