import type { QueueName } from '../shared/jobs/queues.ts';
import type { Handler } from './job.ts';

/** One loader per queue: what a handler needs is loaded with its first job. */
export type Handlers = { readonly [Q in QueueName]: () => Promise<Handler<Q>> };

export const handlers: Handlers = {
  'sync-schema': async () => (await import('./sync-schema/handler.ts')).syncSchema,
  'check-health': async () => (await import('./check-health/handler.ts')).checkHealth,
  'verify-connection': async () =>
    (await import('./verify-connection/handler.ts')).verifyConnection,
  'reveal-credential': async () =>
    (await import('./reveal-credential/handler.ts')).revealCredential,
  'delete-data-source': async () =>
    (await import('./delete-data-source/handler.ts')).deleteDataSource,
  'take-backup': async () => (await import('./take-backup/handler.ts')).takeBackup,
  'send-invitation': async () => (await import('./send-invitation/handler.ts')).sendInvitation,
  'deliver-webhook': async () => (await import('./deliver-webhook/handler.ts')).deliverWebhook,
  'dispatch-due': async () => (await import('./dispatch-due/handler.ts')).dispatchDue,
};

/** How many jobs of each queue one worker does at a time, for a concurrency of `n`. */
export const jobsAtATime: { readonly [Q in QueueName]: (n: number) => number } = {
  'sync-schema': (n) => n,
  // These wait for networks most of the time.
  'check-health': (n) => 2 * n,
  'verify-connection': (n) => 2 * n,
  'reveal-credential': (n) => n,
  'delete-data-source': () => 1,
  'take-backup': () => 1,
  'send-invitation': () => 2,
  // These wait for networks too, and some receivers never answer.
  'deliver-webhook': (n) => 2 * n,
  'dispatch-due': () => 1,
};
