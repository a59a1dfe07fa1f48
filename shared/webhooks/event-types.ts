/** What an organization can be told of. */
export const webhookEventTypes = [
  'data_source.unhealthy',
  'data_source.recovered',
  'schema.changed',
  'sync.failed',
] as const;

export type WebhookEventType = (typeof webhookEventTypes)[number];

/** Everything that is ever sent: also what somebody has sent to try a webhook. */
export const messageTypes = [...webhookEventTypes, 'webhook.test'] as const;

export type MessageType = (typeof messageTypes)[number];
