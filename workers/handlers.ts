import type { QueueName } from '../shared/jobs/queues.ts';
import type { Handler } from './jobs/job.ts';
import { loadOnce } from '../shared/load-once.ts';

/** One loader per queue: what a handler needs is loaded with its first job. */
export type Handlers = { readonly [Q in QueueName]: () => Promise<Handler<Q>> };

export const handlers: Handlers = {
  'sync-schema': loadOnce(async () => (await import('./sync-schema/handler.ts')).syncSchema),
  'check-health': loadOnce(async () => (await import('./check-health/handler.ts')).checkHealth),
  'verify-connection': loadOnce(
    async () => (await import('./verify-connection/handler.ts')).verifyConnection,
  ),
  'reveal-credential': loadOnce(
    async () => (await import('./reveal-credential/handler.ts')).revealCredential,
  ),
  'delete-data-source': loadOnce(
    async () => (await import('./delete-data-source/handler.ts')).deleteDataSource,
  ),
  'take-backup': loadOnce(async () => (await import('./take-backup/handler.ts')).takeBackup),
  'send-invitation': loadOnce(
    async () => (await import('./send-invitation/handler.ts')).sendInvitation,
  ),
  'deliver-webhook': loadOnce(
    async () => (await import('./deliver-webhook/handler.ts')).deliverWebhook,
  ),
  'dispatch-due': loadOnce(async () => (await import('./dispatch-due/handler.ts')).dispatchDue),
};

interface Share {
  readonly inAll: number;
  /** Of one organization. */
  readonly each: number;
}

// One more than a single organization can take, so that somebody is free for the others at any time.
const shared = (each: number): Share => ({ inAll: each + 1, each });

/** How many jobs of each queue one worker does at a time, for a concurrency of `n`. */
export const jobsAtATime: { readonly [Q in QueueName]: (n: number) => Share } = {
  'sync-schema': shared,
  // These wait for networks most of the time.
  'check-health': (n) => shared(2 * n),
  'verify-connection': (n) => shared(2 * n),
  'reveal-credential': shared,
  'delete-data-source': () => shared(1),
  'take-backup': () => shared(1),
  'send-invitation': () => shared(2),
  // These wait for networks too, and some receivers never answer.
  'deliver-webhook': (n) => shared(2 * n),
  'dispatch-due': () => ({ inAll: 1, each: 1 }),
};
