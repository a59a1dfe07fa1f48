import { pageOf } from '../../paging/paging.ts';
import { organizationProcedure, router } from '../../trpc.ts';
import { deleteWebhook, rotateSecret, updateWebhook } from './change-webhook.ts';
import {
  CreateWebhook,
  DeletedWebhook,
  DeliveryRef,
  ListDeliveries,
  ListWebhooks,
  RotateSecret,
  UpdateWebhook,
  Webhook,
  WebhookDelivery,
  WebhookRef,
  WebhookWithSecret,
} from './contract.ts';
import { createWebhook } from './create-webhook.ts';
import { listDeliveries } from './list-deliveries.ts';
import { listWebhooks, readWebhook } from './read-webhooks.ts';
import { resendDelivery, sendTest } from './send-again.ts';

const tag = 'Webhooks';
const read = { permission: 'webhooks:read', tag } as const;
const write = { permission: 'webhooks:write', tag } as const;
const one = '/webhooks/{id}';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

const on = <M extends Method, P extends string>(method: M, path: P) => ({
  public: `${method} /organizations/{orgId}${path}` as `${M} /${string}`,
  v1: `${method} ${path}` as `${M} /${string}`,
  keyed: `${method} ${path}` as `${M} /${string}`,
});

export const webhooks = router({
  create: organizationProcedure
    .meta({
      ...write,
      summary: "Have an organization's events sent to an address; the secret is shown once",
      rest: on('POST', '/webhooks'),
      status: 201,
    })
    .input(CreateWebhook)
    .output(WebhookWithSecret)
    .mutation(({ ctx, input }) => createWebhook(ctx, input)),

  list: organizationProcedure
    .meta({
      ...read,
      summary: 'List the webhooks of an organization',
      rest: on('GET', '/webhooks'),
    })
    .input(ListWebhooks)
    .output(pageOf(Webhook))
    .query(({ ctx, input }) => listWebhooks(ctx, input)),

  get: organizationProcedure
    .meta({ ...read, summary: 'Get a webhook', rest: on('GET', one), showsETag: true })
    .input(WebhookRef)
    .output(Webhook)
    .query(({ ctx, input }) => readWebhook(ctx, input)),

  update: organizationProcedure
    .meta({
      ...write,
      summary: 'Change a webhook, or switch it off and on',
      rest: on('PATCH', one),
      showsETag: true,
      takesIfMatch: true,
    })
    .input(UpdateWebhook)
    .output(Webhook)
    .mutation(({ ctx, input }) => updateWebhook(ctx, input)),

  delete: organizationProcedure
    .meta({ ...write, summary: 'Delete a webhook', rest: on('DELETE', one), takesIfMatch: true })
    .input(WebhookRef)
    .output(DeletedWebhook)
    .mutation(({ ctx, input }) => deleteWebhook(ctx, input)),

  rotateSecret: organizationProcedure
    .meta({
      ...write,
      summary: 'Give a webhook a new secret, the old one signing beside it for a while',
      rest: on('POST', `${one}/rotate-secret`),
      isOnceOnly: true,
    })
    .input(RotateSecret)
    .output(WebhookWithSecret)
    .mutation(({ ctx, input }) => rotateSecret(ctx, input)),

  listDeliveries: organizationProcedure
    .meta({
      ...read,
      summary: 'List what a webhook was sent, with how each attempt went',
      rest: on('GET', `${one}/deliveries`),
    })
    .input(ListDeliveries)
    .output(pageOf(WebhookDelivery))
    .query(({ ctx, input }) => listDeliveries(ctx, input)),

  resend: organizationProcedure
    .meta({
      ...write,
      summary: 'Send an event once more, with the id it had',
      rest: on('POST', `${one}/deliveries/{deliveryId}/resend`),
      status: 202,
      isOnceOnly: true,
    })
    .input(DeliveryRef)
    .output(WebhookDelivery)
    .mutation(({ ctx, input }) => resendDelivery(ctx, input)),

  test: organizationProcedure
    .meta({
      ...write,
      summary: 'Send a webhook an event to try it with',
      rest: on('POST', `${one}/test`),
      status: 202,
      isOnceOnly: true,
    })
    .input(WebhookRef)
    .output(WebhookDelivery)
    .mutation(({ ctx, input }) => sendTest(ctx, input)),
});
