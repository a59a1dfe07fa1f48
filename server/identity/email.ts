import { createHash } from 'node:crypto';
import { text } from '../../shared/text.ts';

// The HTML standard's idea of an address: what mail servers take, without comments and quotes.
const format = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;

/** An e-mail address from outside, to be compared by its `normalEmail`. */
export const EmailAddress = text({ min: 3, max: 254 }).regex(format, 'Must be an e-mail address');

/** One form per account: without it `A@x` and `a@x ` would be two. */
export function normalEmail(email: string): string {
  return email.normalize('NFKC').trim().toLowerCase();
}

/** An account by its address as it is compared; hashed, so that counters hold no addresses. */
export function accountOf(email: string): string {
  return createHash('sha256').update(normalEmail(email)).digest('base64url');
}
