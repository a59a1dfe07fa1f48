import { createHash } from 'node:crypto';
import type { Limit } from '../../identity/limiter.ts';

/** Guesses at one account, and from one place at any account. */
export const accountLimit: Limit = { name: 'sign-in', limit: 10, windowSeconds: 15 * 60 };
export const addressLimit: Limit = { name: 'sign-in-from', limit: 100, windowSeconds: 15 * 60 };

/** An account by its address as it is compared; hashed, so that the counters hold no addresses. */
export function accountOf(email: string): string {
  return createHash('sha256').update(normalEmail(email)).digest('base64url');
}

/** One form per account: without it `A@x` and `a@x ` would be counted apart. */
export function normalEmail(email: string): string {
  return email.normalize('NFKC').trim().toLowerCase();
}
