import { z } from 'zod';

/** Why an attempt to deliver came to nothing. Codes are stored, texts may be reworded. */
export const deliveryFailures = {
  HTTP_STATUS: 'The receiver answered with a status other than 2xx.',
  REDIRECTED: 'The receiver sent us on to another address. Redirects are not followed.',
  HOST_NOT_FOUND: 'The host name does not resolve.',
  ADDRESS_NOT_ALLOWED:
    'The host resolves to an address that this installation does not connect to.',
  UNREACHABLE: 'There was no connection to the receiver.',
  TLS: 'The receiver could not be trusted: its certificate or its TLS is not in order.',
  TIMEOUT: 'The receiver did not answer in time.',
  NO_HTTP: 'What answered does not speak HTTP, or more of it than is taken.',
  SECRET_LOCKED:
    'The signing secret cannot be opened: the vault key is missing. Ask your operator.',
  SECRET_CORRUPT: 'The signing secret failed its integrity check. Rotate it.',
  WEBHOOK_DISABLED: 'The webhook was disabled before the delivery.',
  INTERNAL_ERROR: 'The attempt failed inside Basekeep.',
} as const satisfies Record<string, string>;

export type DeliveryFailure = keyof typeof deliveryFailures;

/** One attempt to deliver. What a receiver answers is cut and cleared of what looks like a secret. */
export const DeliveryAttempt = z
  .object({
    attemptedAt: z.iso.datetime(),
    durationMs: z.number(),
    /** Of the answer; null when there was none. */
    status: z.int().nullable(),
    failure: z
      .enum(Object.keys(deliveryFailures) as [DeliveryFailure, ...DeliveryFailure[]])
      .nullable(),
    /** How the answer began. */
    excerpt: z.string().nullable(),
  })
  .meta({ id: 'DeliveryAttempt' });

export type DeliveryAttempt = z.infer<typeof DeliveryAttempt>;
