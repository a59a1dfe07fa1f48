import { z } from 'zod';
import { disabledReasons } from '../../../shared/db/entities/webhooks/webhook.entity.ts';
import { deliveryStatuses } from '../../../shared/db/entities/webhooks/webhook-delivery.entity.ts';
import { environments } from '../../../shared/environments.ts';
import { Id } from '../../../shared/ids.ts';
import { text } from '../../../shared/text.ts';
import { DeliveryAttempt } from '../../../shared/webhooks/delivery-attempt.ts';
import { messageTypes, webhookEventTypes } from '../../../shared/webhooks/event-types.ts';
import { pageInput } from '../../paging/paging.ts';
import { WebhookUrl } from './webhook-url.ts';

const one = { orgId: Id, id: Id };
const Description = text({ max: 500 });
const EventTypes = z
  .array(z.enum(webhookEventTypes))
  .min(1)
  .max(webhookEventTypes.length)
  .transform((given) => [...new Set(given)]);

export const CreateWebhook = z.strictObject({
  orgId: Id,
  url: WebhookUrl,
  description: Description.default(''),
  eventTypes: EventTypes.default([...webhookEventTypes]),
  /** Of the data sources that it is told of. */
  environment: z.enum(environments).optional(),
});

export const ListWebhooks = z.strictObject({ orgId: Id, ...pageInput });
export const WebhookRef = z.strictObject(one);

export const UpdateWebhook = z.strictObject({
  ...one,
  url: WebhookUrl.optional(),
  description: Description.optional(),
  eventTypes: EventTypes.optional(),
  isEnabled: z.boolean().optional(),
});

export const RotateSecret = z.strictObject({
  ...one,
  /** How long the old secret goes on signing beside the new one, in seconds; a week at most. */
  overlapSeconds: z.int().min(0).max(604_800).default(86_400),
});

export const ListDeliveries = z.strictObject({
  ...one,
  status: z.enum(deliveryStatuses).optional(),
  ...pageInput,
});

export const DeliveryRef = z.strictObject({ ...one, deliveryId: Id });

const Time = z.iso.datetime();

export const Webhook = z
  .object({
    id: z.string(),
    url: z.string(),
    description: z.string(),
    environment: z.enum(environments),
    eventTypes: z.array(z.enum(webhookEventTypes)),
    isEnabled: z.boolean(),
    disabledAt: Time.nullable(),
    disabledReason: z.enum(disabledReasons).nullable().meta({
      description:
        'SWITCHED_OFF by somebody; FAILING: nothing was taken for five days; GONE: the receiver answered 410.',
    }),
    failingSince: Time.nullable().meta({
      description: 'The first failed attempt since the last good one.',
    }),
    createdAt: Time,
    updatedAt: Time,
  })
  .meta({ id: 'Webhook' });

/** `secret` is shown in this answer and never again. */
export const WebhookWithSecret = Webhook.extend({
  secret: z
    .string()
    .meta({ description: 'whsec_ and 32 bytes in base64, as Standard Webhooks has it.' }),
}).meta({ id: 'WebhookWithSecret' });

export const DeletedWebhook = z.object({ id: z.string(), deleted: z.literal(true) });

/** One event on its way to one webhook. */
export const WebhookDelivery = z
  .object({
    id: z.string(),
    webhookId: z.string(),
    eventId: z
      .string()
      .meta({ description: 'The header webhook-id: the same however often sent.' }),
    type: z.enum(messageTypes),
    status: z.enum(deliveryStatuses),
    attempts: z.array(
      DeliveryAttempt.extend({ message: z.string().nullable() }).meta({ id: 'ExplainedAttempt' }),
    ),
    nextAttemptAt: Time.nullable(),
    /** What is sent, to the byte. */
    body: z.string(),
    createdAt: Time,
  })
  .meta({ id: 'WebhookDelivery' });

export type CreateWebhook = z.infer<typeof CreateWebhook>;
export type ListWebhooks = z.infer<typeof ListWebhooks>;
export type WebhookRef = z.infer<typeof WebhookRef>;
export type UpdateWebhook = z.infer<typeof UpdateWebhook>;
export type RotateSecret = z.infer<typeof RotateSecret>;
export type ListDeliveries = z.infer<typeof ListDeliveries>;
export type DeliveryRef = z.infer<typeof DeliveryRef>;
export type Webhook = z.infer<typeof Webhook>;
export type WebhookWithSecret = z.infer<typeof WebhookWithSecret>;
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;
