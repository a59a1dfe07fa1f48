import { z } from 'zod';
import { forEachSecret } from './connection.ts';

/** How old a sign-in may be to see a secret in clear, in milliseconds. */
export const recentSignInMs = 5 * 60 * 1_000;

/** How long a request for a secret stands, in seconds: no worker answers a later one. */
export const revealSeconds = 10;

/** What a worker seals to the one-time key of a request. */
export const RevealAnswer = z.object({
  uri: z.string().nullable(),
  secrets: z.object(forEachSecret(() => z.string().optional())),
});

/** Why a worker hands no secret over. */
export const RevealFailure = z.enum([
  'CREDENTIALS_LOCKED',
  'CREDENTIALS_CORRUPT',
  'CHANGED',
  'NOT_ALLOWED',
  'INTERNAL_ERROR',
]);

export type RevealAnswer = z.infer<typeof RevealAnswer>;
export type RevealFailure = z.infer<typeof RevealFailure>;
