import { nowMs, systemClock } from '../../shared/clock.ts';
import type { DeliveryAttempt } from '../../shared/webhooks/delivery-attempt.ts';
import { completed, type Ending } from '../jobs/claim.ts';
import { failureCode } from '../failure-code.ts';
import type { Handler } from '../jobs/job.ts';
import { isTampered, recordRefusal } from '../refuse-envelope.ts';
import type { WorkerContext } from '../worker-context.ts';
import { deliveryFailure } from './delivery-failure.ts';
import { loadDelivery, type LoadedDelivery } from './load-delivery.ts';
import { postMessage } from './post-message.ts';
import { recordAttempt } from './record-attempt.ts';

/**
 * Makes one attempt at a delivery, and has the next one made when it fails. At least once: a worker
 * that dies after sending sends again, with the same `webhook-id`.
 */
export const deliverWebhook: Handler<'deliver-webhook'> = async (worker, job) => {
  const delivery = await loadDelivery(worker.orm.em.fork(), job.payload.deliveryId);
  if (!delivery) return;
  const { attempt, retryAfterSeconds = 0, error } = await tryOnce(worker, delivery, job.signal);
  if (attempt.failure !== null) job.assertNotStopping();
  await job.end(async (em, now) => {
    const seconds = await recordAttempt(em, delivery, { attempt, retryAfterSeconds, now });
    if (!isTampered(error)) return seconds === null ? completed : again(worker, delivery, seconds);
    await recordRefusal(em, { ...delivery, id: delivery.webhookId }, error.code, now);
    return { as: 'rejected', code: failureCode(error) };
  });
};

interface Try {
  readonly attempt: DeliveryAttempt;
  readonly retryAfterSeconds?: number;
  readonly error?: unknown;
}

async function tryOnce(
  worker: WorkerContext,
  delivery: LoadedDelivery,
  signal: AbortSignal,
): Promise<Try> {
  const startedAt = nowMs();
  const attemptedAt = systemClock.now().toISOString();
  const took = () => ({ attemptedAt, durationMs: nowMs() - startedAt });
  const unanswered = { status: null, excerpt: null };
  if (delivery.isDisabled) {
    return { attempt: { ...took(), ...unanswered, failure: 'WEBHOOK_DISABLED' } };
  }
  try {
    const { retryAfterSeconds, ...answer } = await postMessage(worker, delivery, signal);
    return { attempt: { ...took(), ...answer }, retryAfterSeconds };
  } catch (error) {
    const failure = deliveryFailure(error);
    if (failure === 'INTERNAL_ERROR') worker.log.error({ err: error }, 'webhook not sent');
    return { attempt: { ...took(), ...unanswered, failure }, error };
  }
}

function again(
  { jobs }: WorkerContext,
  { id, organizationId }: LoadedDelivery,
  startAfterSeconds: number,
): Ending {
  return {
    as: 'completed',
    next: async (em) => {
      await jobs.send(
        em,
        'deliver-webhook',
        { deliveryId: id },
        { organizationId, key: id, startAfterSeconds },
      );
    },
  };
}
