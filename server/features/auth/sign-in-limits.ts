import { isIPv6 } from 'node:net';
import type { Limit } from '../../identity/limiter.ts';

/** Guesses at one account, and from one place at any account. */
export const accountLimit: Limit = { name: 'sign-in', limit: 10, windowSeconds: 15 * 60 };
export const addressLimit: Limit = { name: 'sign-in-from', limit: 100, windowSeconds: 15 * 60 };

/** An IPv6 customer has a /64 to guess from, so that is what counts. */
export function networkOf(address: string | null): string {
  if (address === null) return 'unknown';
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  return expand(address).slice(0, 4).join(':');
}

function expand(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return tail === undefined ? left : [...left, ...zeros, ...right];
}
