import { defineEntity, p } from '@mikro-orm/core';

/** Append-only: a trigger refuses UPDATE and DELETE. Written by shared/audit/record.ts alone. */
export const AuditEvent = defineEntity({
  name: 'AuditEvent',
  tableName: 'audit_event',
  properties: {
    id: p.string().primary(),
    organizationId: p.string(),
    /** Position in the organization's chain, from 1, without gaps. */
    sequence: p.bigint('number'),
    occurredAt: p.datetime(3),
    action: p.string(),
    actorType: p.enum(['user', 'api_key', 'system'] as const),
    actorId: p.string().strictNullable(),
    targetType: p.string(),
    targetId: p.string(),
    requestId: p.string().strictNullable(),
    address: p.string().strictNullable(),
    userAgent: p.string().strictNullable(),
    /** Canonical JSON text, stored as it was hashed. */
    details: p.text(),
    previousHash: p.blob(),
    hash: p.blob(),
  },
  uniques: [{ properties: ['organizationId', 'sequence'] }],
});
