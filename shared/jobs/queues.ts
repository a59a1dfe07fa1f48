import type { Queue } from 'pg-boss';
import { z } from 'zod';
import { revealSeconds } from '../reveal.ts';

const ofDataSource = z.object({ dataSourceId: z.string() });

interface QueueDefinition<Payload extends z.ZodType> {
  /** Ids only: pg-boss stores payloads in plain sight. */
  readonly payload: Payload;
  /** How long a handler may work on one job, in seconds. Its signal fires then. */
  readonly deadlineSeconds: number;
  readonly options: Omit<Queue, 'name' | 'deadLetter' | 'expireInSeconds'>;
}

const define = <Payload extends z.ZodType>(queue: QueueDefinition<Payload>) => queue;

// A worker that stops refreshing its claim loses it after this long. 10 s is pg-boss's minimum.
const heartbeatSeconds = 10;
const retries = { retryLimit: 3, retryDelay: 2, retryBackoff: true, retryDelayMax: 60 };

/**
 * Every queue: its payload, its deadline and what pg-boss does with it. `exclusive` allows one job
 * per singleton key to be queued, retrying or active: one sync and one check at a time per source.
 */
export const queues = {
  'sync-schema': define({
    payload: ofDataSource.extend({ syncRunId: z.string() }),
    deadlineSeconds: 30 * 60,
    options: { policy: 'exclusive', heartbeatSeconds, notify: true, ...retries },
  }),
  'check-health': define({
    payload: ofDataSource,
    deadlineSeconds: 60,
    options: { policy: 'exclusive', heartbeatSeconds, notify: true, ...retries },
  }),
  'verify-connection': define({
    payload: z.object({ connectionDraftId: z.string() }),
    // The caller waits 30 s; what comes later is of no use to anybody.
    deadlineSeconds: 28,
    options: { policy: 'standard', heartbeatSeconds, notify: true, retryLimit: 1 },
  }),
  'reveal-credential': define({
    /** The secrets are sealed to `publicKey`: one of a key pair made for this request alone. */
    payload: z.object({ revealId: z.string(), publicKey: z.base64().length(44) }),
    deadlineSeconds: revealSeconds,
    options: { policy: 'standard', heartbeatSeconds, notify: true, retryLimit: 1 },
  }),
  'delete-data-source': define({
    payload: ofDataSource,
    deadlineSeconds: 10 * 60,
    options: { policy: 'exclusive', heartbeatSeconds, notify: true, ...retries, retryLimit: 10 },
  }),
  'take-backup': define({
    payload: z.object({ backupRunId: z.string() }),
    deadlineSeconds: 5 * 60,
    options: { policy: 'exclusive', heartbeatSeconds, notify: true, ...retries },
  }),
  'send-invitation': define({
    payload: z.object({ invitationId: z.string() }),
    deadlineSeconds: 60,
    // A mail server that is away for half an hour has not lost an invitation.
    options: {
      policy: 'exclusive',
      heartbeatSeconds,
      notify: true,
      ...{ retryLimit: 10, retryDelay: 5, retryBackoff: true, retryDelayMax: 900 },
    },
  }),
  'deliver-webhook': define({
    payload: z.object({ deliveryId: z.string() }),
    deadlineSeconds: 40,
    // For workers that die. An attempt that failed is another job, by the schedule of deliveries.
    options: { policy: 'exclusive', heartbeatSeconds, notify: true, ...retries },
  }),
  'dispatch-due': define({
    payload: z.object({}).nullish(),
    deadlineSeconds: 50,
    options: { policy: 'exclusive', heartbeatSeconds, notify: true, retryLimit: 0 },
  }),
} as const;

export type QueueName = keyof typeof queues;
export type Payload<Q extends QueueName> = z.infer<(typeof queues)[Q]['payload']>;

export const queueNames = Object.keys(queues) as QueueName[];

/** Where a job goes that failed for good. It stays there for operators to look at and redrive. */
export const deadLetterOf = (queue: QueueName): string => `${queue}-dead`;

// pg-boss takes the job away a little after the handler's own deadline, never before.
const lease = (deadlineSeconds: number): number => deadlineSeconds + 15;

export function queueOptions(name: QueueName): Omit<Queue, 'name'> {
  const { options, deadlineSeconds } = queues[name];
  return { ...options, expireInSeconds: lease(deadlineSeconds), deadLetter: deadLetterOf(name) };
}
