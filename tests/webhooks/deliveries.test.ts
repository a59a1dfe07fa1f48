import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resendDelivery } from '../../server/features/webhooks/send-again.ts';
import { rotateSecret, updateWebhook } from '../../server/features/webhooks/change-webhook.ts';
import { makeAuthority } from '../support/certificates.ts';
import { useDatabase } from '../support/database.ts';
import { useInstallation } from '../support/worker.ts';
import { hooked } from './hooked.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import { isSigned } from './verify-signature.ts';

const control = useDatabase();
const installation = useInstallation(control);
let receiver: Receiver;

beforeEach(async () => {
  await control.pool.query(
    'delete from pgboss.job; delete from webhook; delete from webhook_event',
  );
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const hook = (url = receiver.url) => hooked(control, installation, url);

describe('a delivery', () => {
  it('is what Standard Webhooks says, signed so that its own library verifies it', async () => {
    const { id, orgId, secret, test, tried } = await hook();
    const { id: deliveryId, eventId, body } = await test();
    await installation.work();
    const delivery = await tried(deliveryId, 1);
    expect(delivery).toMatchObject({
      status: 'DELIVERED',
      next_attempt_at: null,
      attempts: [{ status: 204, failure: null, excerpt: null }],
    });
    expect(receiver.received).toHaveLength(1);
    const [message] = receiver.received;
    if (!message) throw new Error('nothing was received');
    expect(message.path).toBe('/hooks?from=basekeep');
    expect(message.body).toBe(body);
    expect(message.headers).toMatchObject({
      'webhook-id': eventId,
      'content-type': 'application/json',
    });
    expect(JSON.parse(message.body)).toEqual({
      type: 'webhook.test',
      timestamp: expect.any(String),
      data: { organizationId: orgId, webhookId: id },
    });
    expect(isSigned(message, secret)).toBe(true);
    expect(isSigned({ ...message, body: `${message.body} ` }, secret)).toBe(false);
    expect(isSigned(message, `whsec_${Buffer.alloc(32).toString('base64')}`)).toBe(false);
  });

  it('is tried again with the same id and body until it is taken; what the receiver said is kept, without secrets', async () => {
    const { test, tried, hurry } = await hook();
    const token = 'abcdefghijklmnopqrstuvwxyz0123456789';
    receiver.answer((response, { headers }) => {
      response
        .writeHead(500)
        .end(`no\u0000pe: ${String(headers['webhook-signature'])} token=${token}`);
    });
    const { id } = await test();
    await installation.work();
    const once = await tried(id, 1);
    expect(once).toMatchObject({
      status: 'PENDING',
      attempts: [{ status: 500, failure: 'HTTP_STATUS' }],
    });
    const excerpt = once.attempts[0]?.excerpt ?? '';
    expect(excerpt).toContain('no pe');
    expect(excerpt).toContain('[redacted]');
    expect(excerpt).not.toContain(token);
    expect(excerpt).not.toContain('v1,');
    const waits = Number(once.next_attempt_at) - Date.now();
    expect(waits).toBeLessThan(6_000);
    receiver.answer((response) => response.writeHead(200).end('thanks'));
    await hurry();
    expect(await tried(id, 2)).toMatchObject({
      status: 'DELIVERED',
      attempts: [{ status: 500 }, { status: 200, failure: null, excerpt: 'thanks' }],
    });
    const [first, second] = receiver.received;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  }, 30_000);

  it.each([
    ['429 with seconds', 429, '1800', 1_800],
    ['503 with a date', 503, new Date(Date.now() + 1_800_000).toUTCString(), 1_700],
    ['more than the longest wait', 503, '99999999', 14 * 3_600],
  ])(
    'answered by %s waits for as long as the receiver asks',
    async (_, status, retryAfter, seconds) => {
      const { test, tried } = await hook();
      receiver.answer((response) =>
        response.writeHead(status, { 'retry-after': retryAfter }).end(),
      );
      const { id } = await test();
      await installation.work();
      const { attempts, next_attempt_at: next } = await tried(id, 1);
      const waits = Number(next) - Date.parse(attempts[0]?.attemptedAt ?? 'never');
      expect(attempts).toMatchObject([{ status, failure: 'HTTP_STATUS' }]);
      expect(Object.keys(attempts[0] ?? {})).not.toContain('retryAfterSeconds');
      expect(waits).toBeGreaterThanOrEqual(seconds * 1_000);
      expect(waits).toBeLessThan(seconds * 1_000 + 600_000);
    },
    30_000,
  );

  it('is given up after its last attempt, and can be sent again by hand with the id it had', async () => {
    const { id, orgId, test, tried } = await hook();
    receiver.answer((response) => response.writeHead(503).end());
    const { id: deliveryId, eventId } = await test();
    const earlier = { attemptedAt: '2026-11-22T00:00:00.000Z', durationMs: 1 };
    const failed = { ...earlier, status: 503, failure: 'HTTP_STATUS', excerpt: null };
    await control.pool.query('update webhook_delivery set attempts = $1', [
      JSON.stringify(Array(7).fill(failed)),
    ]);
    await installation.work();
    expect(await tried(deliveryId, 8)).toMatchObject({ status: 'FAILED', next_attempt_at: null });
    receiver.answer((response) => response.writeHead(200).end());
    const again = await resendDelivery(installation.api, { orgId, id, deliveryId });
    expect(again).toMatchObject({ eventId, status: 'PENDING', attempts: [] });
    expect(await tried(again.id, 1)).toMatchObject({ status: 'DELIVERED' });
    expect(receiver.received.at(-1)?.headers['webhook-id']).toBe(eventId);
  }, 30_000);

  it('whose job is gone is found by the next tick; what is a month old is forgotten', async () => {
    const { test, tried, deliveries } = await hook();
    const [lost, old] = [await test(), await test()];
    await control.pool.query('delete from pgboss.job');
    await control.pool.query(
      `update webhook_delivery set next_attempt_at = now() - interval '3 minutes'`,
    );
    await control.pool.query(
      `update webhook_event set created_at = now() - interval '31 days' where id = $1`,
      [old.eventId],
    );
    const work = await installation.work();
    await installation.send('dispatch-due', {});
    expect(await tried(lost.id, 1)).toMatchObject({ status: 'DELIVERED' });
    await work.stop();
    expect((await deliveries()).map(({ id }) => id)).toEqual([lost.id]);
  }, 30_000);

  it('follows no redirect, and waits for no end of an answer that has none', async () => {
    const { test, tried } = await hook();
    const other = await startReceiver();
    receiver.answer((response) => response.writeHead(307, { location: other.url }).end());
    await installation.work();
    const redirected = await test();
    expect(await tried(redirected.id, 1)).toMatchObject({
      status: 'PENDING',
      attempts: [{ status: 307, failure: 'REDIRECTED' }],
    });
    expect(other.received).toEqual([]);
    await other.close();
    receiver.answer((response) => void response.writeHead(200).write('x '.repeat(4_000)));
    const endless = await test();
    const { status, attempts } = await tried(endless.id, 1);
    expect(status).toBe('DELIVERED');
    expect(attempts[0]?.excerpt?.length).toBeLessThanOrEqual(500);
  }, 30_000);

  it('goes over TLS only to who proves to be the host', async () => {
    const authority = makeAuthority();
    const secure = await startReceiver(authority.sign({ names: 'IP:127.0.0.1' }));
    const { test, tried } = await hook(secure.url);
    const stranger = await installation.work();
    const refused = await test();
    expect(await tried(refused.id, 1)).toMatchObject({ attempts: [{ failure: 'TLS' }] });
    expect(secure.received).toEqual([]);
    await stranger.stop();
    await installation.work({ webhookRoute: { extraCa: authority.cert } });
    const taken = await test();
    expect(await tried(taken.id, 1)).toMatchObject({ status: 'DELIVERED' });
    expect(secure.received).toHaveLength(1);
    await secure.close();
  }, 30_000);
});

describe('a secret that is rotated', () => {
  it('signs beside its successor for as long as was asked, and not longer', async () => {
    const { id, orgId, secret, test, tried } = await hook();
    await installation.work();
    const sent = async () => {
      const { id: deliveryId } = await test();
      await tried(deliveryId, 1);
      const message = receiver.received.at(-1);
      if (!message) throw new Error('nothing was received');
      return message;
    };
    const rotated = await rotateSecret(installation.api, { orgId, id, overlapSeconds: 3_600 });
    expect(rotated.secret).not.toBe(secret);
    const both = await sent();
    expect([isSigned(both, secret), isSigned(both, rotated.secret)]).toEqual([true, true]);
    await control.pool.query(
      `update webhook_secret set expires_at = now() where expires_at is not null`,
    );
    const later = await sent();
    expect([isSigned(later, secret), isSigned(later, rotated.secret)]).toEqual([false, true]);
    const last = await rotateSecret(installation.api, { orgId, id, overlapSeconds: 0 });
    const now = await sent();
    expect([isSigned(now, rotated.secret), isSigned(now, last.secret)]).toEqual([false, true]);
  }, 30_000);

  it('that was moved from another webhook does not open: nothing is sent, and it is on record', async () => {
    const [own, foreign] = [await hook(), await hook()];
    await control.pool.query('delete from webhook_secret where webhook_id = $1', [own.id]);
    await control.pool.query('update webhook_secret set webhook_id = $1 where webhook_id = $2', [
      own.id,
      foreign.id,
    ]);
    const { id } = await own.test();
    await installation.work();
    expect(await own.tried(id, 1)).toMatchObject({
      status: 'FAILED',
      attempts: [{ failure: 'SECRET_CORRUPT' }],
    });
    expect(receiver.received).toEqual([]);
    const { rows } = await control.pool.query(
      `select target_id from audit_event where action = 'security.envelope_refused'`,
    );
    expect(rows).toEqual([{ target_id: own.id }]);
  }, 30_000);
});

describe('a webhook that takes nothing', () => {
  it('for five days is disabled, with the reason to be seen, until somebody enables it', async () => {
    const { id, orgId, test, tried, row } = await hook();
    receiver.answer((response) => response.writeHead(500).end());
    const [first, second] = [await test(), await test()];
    const sixDays = `update webhook set failing_since = now() - interval '6 days' where id = $1`;
    await control.pool.query(sixDays, [id]);
    await installation.work();
    const ended = [await tried(first.id, 1), await tried(second.id, 1)];
    expect(ended.map(({ status }) => status)).toEqual(['FAILED', 'FAILED']);
    expect(await row()).toMatchObject({ disabled_reason: 'FAILING' });
    const { rows } = await control.pool.query(
      `select target_id, details from audit_event where action = 'webhook.disabled'`,
    );
    expect(rows).toEqual([{ target_id: id, details: '{"reason":"FAILING"}' }]);
    await expect(test()).rejects.toMatchObject({ code: 'CONFLICT' });
    await updateWebhook(installation.api, { orgId, id, isEnabled: true });
    expect(await row()).toMatchObject({ disabled_at: null, failing_since: null });
    receiver.answer((response) => response.writeHead(200).end());
    const { id: deliveryId } = await test();
    expect(await tried(deliveryId, 1)).toMatchObject({ status: 'DELIVERED' });
  }, 30_000);

  it('and says that it is gone is disabled at once; what was still to come is not sent', async () => {
    const { id, orgId, test, tried, row } = await hook();
    receiver.answer((response) => response.writeHead(410).end());
    const gone = await test();
    const worker = await installation.work();
    expect(await tried(gone.id, 1)).toMatchObject({ status: 'FAILED' });
    expect(await row()).toMatchObject({ disabled_reason: 'GONE' });
    await worker.stop();
    await updateWebhook(installation.api, { orgId, id, isEnabled: true });
    const waiting = await test();
    await updateWebhook(installation.api, { orgId, id, isEnabled: false });
    await installation.work();
    expect(await tried(waiting.id, 1)).toMatchObject({
      status: 'FAILED',
      attempts: [{ status: null, failure: 'WEBHOOK_DISABLED' }],
    });
    expect(receiver.received).toHaveLength(1);
  }, 30_000);
});
