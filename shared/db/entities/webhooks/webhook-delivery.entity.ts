import { defineEntity, p } from '@mikro-orm/core';
import type { DeliveryAttempt } from '../../../webhooks/delivery-attempt.ts';
import { baseProperties, tenantFilter } from '../../base.entity.ts';

export const deliveryStatuses = ['PENDING', 'DELIVERED', 'FAILED'] as const;

/** One event on its way to one webhook. */
export const WebhookDelivery = defineEntity({
  name: 'WebhookDelivery',
  tableName: 'webhook_delivery',
  properties: {
    ...baseProperties,
    organizationId: p.string(),
    webhookId: p.string(),
    eventId: p.string(),
    status: p.enum(deliveryStatuses).default('PENDING'),
    attempts: p.json<readonly DeliveryAttempt[]>().default([]),
    /** Null when there will be none. */
    nextAttemptAt: p.datetime(3).strictNullable(),
  },
  filters: tenantFilter,
});
