import { defineEntity, p } from '@mikro-orm/core';
import type { MessageType } from '../../../webhooks/event-types.ts';
import { baseProperties, tenantFilter } from '../../base.entity.ts';

/** What happened, in the words that every webhook is sent. Its id is the header `webhook-id`. */
export const WebhookEvent = defineEntity({
  name: 'WebhookEvent',
  tableName: 'webhook_event',
  properties: {
    ...baseProperties,
    organizationId: p.string(),
    /** Null for a test. No foreign key: what was said stays true. */
    dataSourceId: p.string().strictNullable(),
    type: p.string().$type<MessageType>(),
    body: p.text(),
  },
  filters: tenantFilter,
});
