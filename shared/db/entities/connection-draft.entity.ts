import { defineEntity, p } from '@mikro-orm/core';
import type { Connection } from '../../connection.ts';
import { baseProperties, tenantFilter } from '../base.entity.ts';

/** A connection on trial: it lives from a `verify` request to its answer. */
export const ConnectionDraft = defineEntity({
  name: 'ConnectionDraft',
  tableName: 'connection_draft',
  properties: {
    ...baseProperties,
    organizationId: p.string(),
    connection: p.json<Connection>(),
    /** The probe's report, once a worker has written it. */
    report: p.json<unknown>().strictNullable(),
  },
  filters: tenantFilter,
});
