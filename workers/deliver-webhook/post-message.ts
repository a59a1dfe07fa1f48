import { nowMs } from '../../shared/clock.ts';
import { blankConnection } from '../../shared/connection.ts';
import type { DeliveryAttempt } from '../../shared/webhooks/delivery-attempt.ts';
import { cleartextPolicy } from '../egress/cleartext-policy.ts';
import { noFindings } from '../egress/findings.ts';
import { openHttp, type HttpResponse } from '../egress/http/http.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { LoadedDelivery } from './load-delivery.ts';
import { redactExcerpt } from './redact-excerpt.ts';
import { secondsToWait } from './seconds-to-wait.ts';
import { signMessage } from './sign-message.ts';

interface Answer extends Pick<DeliveryAttempt, 'status' | 'failure' | 'excerpt'> {
  /** For how long the receiver wants to be left alone; 0 when it has not said. */
  readonly retryAfterSeconds: number;
}
type Needs = Pick<WorkerContext, 'vault' | 'egress' | 'webhookRoute'>;

// Standard Webhooks recommends 15 to 30 s for all of it.
const deadlines = { resolveMs: 5_000, connectMs: 5_000, tlsMs: 5_000, requestMs: 15_000 };
// Of the answer only how it begins is kept; what is longer is not waited for.
const excerptBytes = 2_048;

/**
 * Signs and sends a message once. The receiver's answer is an answer, whatever its status.
 * Throws ConnectionFailure when there was none, VaultError when the secret does not open.
 */
export async function postMessage(
  { vault, egress, webhookRoute }: Needs,
  { eventId: id, url, body, secrets }: LoadedDelivery,
  signal: AbortSignal,
): Promise<Answer> {
  const isEncrypted = url.protocol === 'https:';
  const target = {
    // A receiver is no data source: all that counts here is whether it is encrypted.
    connection: { ...blankConnection('CLICKHOUSE'), sslEnabled: isEncrypted },
    secrets: {},
    egress: isEncrypted ? egress : cleartextPolicy(egress),
    findings: noFindings(),
  };
  return vault.use(secrets, async (opened) => {
    const { origin } = url;
    const route = webhookRoute;
    const http = await openHttp(target, {
      ...{ origin, signal, deadlines, route },
      connections: 1,
      allowCleartext: true,
    });
    try {
      const timestamp = Math.floor(nowMs() / 1_000);
      const keys = Object.values(opened).filter((secret) => secret !== undefined);
      const headers = signMessage({ id, timestamp, body }, keys);
      const path = `${url.pathname}${url.search}`;
      return await read(
        await http.request({
          ...{ method: 'POST', path, body },
          headers: { 'content-type': 'application/json', ...headers },
          showsRedirects: true,
        }),
      );
    } finally {
      await http.close();
    }
  });
}

// RFC 9110, 10.2.3 and RFC 6585, 4: of these it says when to come back.
const mayAskToWait: ReadonlySet<number> = new Set([429, 503]);

async function read(response: HttpResponse): Promise<Answer> {
  const { status } = response;
  // The status has been said; what goes wrong behind it changes nothing.
  const begin = await response.firstText(excerptBytes).catch(() => '');
  const isRedirect = status >= 300 && status < 400;
  const failure = response.ok ? null : isRedirect ? 'REDIRECTED' : 'HTTP_STATUS';
  const asked = response.headers.get('retry-after');
  const retryAfterSeconds = mayAskToWait.has(status) ? secondsToWait(asked, nowMs()) : 0;
  return { status, failure, excerpt: redactExcerpt(begin), retryAfterSeconds };
}
