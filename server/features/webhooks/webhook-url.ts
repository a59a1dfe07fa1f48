import { isIP } from 'node:net';
import { text } from '../../../shared/text.ts';

const privateName = /^(localhost|[a-z0-9-]+|.+\.(internal|local|localhost|lan|home\.arpa))$/i;

/** Whether a host may be one of a private network; workers look at the address before they send. */
function maybePrivate(hostname: string): boolean {
  return isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || privateName.test(hostname);
}

/**
 * Where a webhook is sent: https, or http to what may be in a private network, which workers send to
 * only where the operator has opened it (EGRESS_ALLOW_CIDRS). Names are resolved and judged there.
 */
export const WebhookUrl = text({ min: 1, max: 2_000 }).superRefine((value, issues) => {
  const refuse = (message: string): void => void issues.addIssue({ code: 'custom', message });
  const url = URL.parse(value);
  if (!url || !['https:', 'http:'].includes(url.protocol)) return refuse('Must be an https URL');
  if (url.username !== '' || url.password !== '') return refuse('Must not contain credentials');
  if (url.hash !== '') return refuse('Must not have a fragment');
  if (url.port === '0') return refuse('Must not have port 0');
  if (url.protocol === 'http:' && !maybePrivate(url.hostname))
    return refuse('Must be https: http is for private networks only');
});
