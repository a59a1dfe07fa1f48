import type { Limit } from '../../identity/limiter.ts';

/** Guesses at one account, and from one place at any account. */
export const accountLimit: Limit = { name: 'sign-in', limit: 10, windowSeconds: 15 * 60 };
export const addressLimit: Limit = { name: 'sign-in-from', limit: 100, windowSeconds: 15 * 60 };
