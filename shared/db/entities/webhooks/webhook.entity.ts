import { defineEntity, p } from '@mikro-orm/core';
import { environments } from '../../../environments.ts';
import type { WebhookEventType } from '../../../webhooks/event-types.ts';
import { baseProperties, tenantFilter } from '../../base.entity.ts';

export const disabledReasons = ['SWITCHED_OFF', 'FAILING', 'GONE'] as const;

/** Where an organization wants to be told what happens to its data sources. */
export const Webhook = defineEntity({
  name: 'Webhook',
  tableName: 'webhook',
  properties: {
    ...baseProperties,
    organizationId: p.string(),
    url: p.text(),
    description: p.text().default(''),
    /** Of the data sources that it is told of. */
    environment: p.enum(environments),
    eventTypes: p.array().$type<WebhookEventType[]>(),
    disabledAt: p.datetime(3).strictNullable().default(null),
    disabledReason: p.enum(disabledReasons).strictNullable().default(null),
    /** The first of the failed attempts since the last good one. */
    failingSince: p.datetime(3).strictNullable().default(null),
  },
  filters: tenantFilter,
});
