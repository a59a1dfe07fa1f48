import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { Received } from './receiver.ts';

/** Whether a request was signed with a secret, as the standard's own library finds. */
export function isSigned({ headers, body }: Received, secret: string): boolean {
  const strings = Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  );
  try {
    new Webhook(secret).verify(body, strings);
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}
