import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import sodium from 'libsodium-wrappers';
import { cleartextPolicy } from '../../workers/egress/cleartext-policy.ts';
import { createEgressPolicy } from '../../workers/egress/policy.ts';
import { redactExcerpt } from '../../workers/deliver-webhook/redact-excerpt.ts';
import { postMessage } from '../../workers/deliver-webhook/post-message.ts';
import { createVault } from '../../workers/vault/open.ts';
import { startReceiver, type Receiver } from './receiver.ts';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

async function post(allowCidrs: readonly string[], url: string) {
  await sodium.ready;
  const { publicKey, privateKey } = sodium.crypto_box_keypair();
  const message = { id: 'dlv_1', organizationId: 'org_1', webhookId: 'whk_1', isDisabled: false };
  return postMessage(
    {
      vault: await createVault([{ publicKey, privateKey }]),
      egress: createEgressPolicy({ allowCidrs, ownEndpoints: [] }),
      webhookRoute: {},
    },
    { ...message, url: new URL(url), eventId: 'msg_1', body: '{}', attempts: 0, secrets: [] },
    AbortSignal.timeout(10_000),
  );
}

describe('a webhook', () => {
  it('goes to a private network only where the operator has opened it', async () => {
    await expect(post([], receiver.url)).rejects.toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' });
    await expect(post(['10.0.0.0/8'], receiver.url)).rejects.toMatchObject({
      code: 'ADDRESS_NOT_ALLOWED',
    });
    expect(receiver.received).toEqual([]);
    expect(await post(['127.0.0.0/8'], receiver.url)).toMatchObject({ status: 204 });
  });

  it('never goes without TLS to a public address, however its name is spelled', async () => {
    // 192.0.2.0/24 is nobody's (RFC 5737), and public by our rules: refused before it is dialled.
    for (const host of ['192.0.2.1', '3221225985', '[2001:db8::1]']) {
      await expect(post(['127.0.0.0/8'], `http://${host}:9/`)).rejects.toMatchObject({
        code: 'ADDRESS_NOT_ALLOWED',
      });
    }
    const policy = createEgressPolicy({ allowCidrs: 'private', ownEndpoints: [] });
    const [open, plain] = await Promise.all([
      policy.guardFor(80),
      cleartextPolicy(policy).guardFor(80),
    ]);
    const judged = ['192.0.2.1', '10.1.2.3', '169.254.169.254'].map((address) => [
      open.allows(address),
      plain.allows(address),
    ]);
    expect(judged).toEqual([
      [true, false],
      [true, true],
      [false, false],
    ]);
  });
});

describe('the excerpt of an answer', () => {
  it.each([
    ['{"token": "short", "ok": false}', 'short'],
    ['Authorization: Bearer abc.def', 'abc.def'],
    ['password=hunter2&x=1', 'hunter2'],
    ['you sent v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=', 'K5oZ'],
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'MfKQ'],
    ['bd_key_0123456789abcdefghijklmnopqrstuv', '0123456789'],
  ])('has no secret in it: %s', (answer, secret) => {
    expect(redactExcerpt(answer)).toContain('[redacted]');
    expect(redactExcerpt(answer)).not.toContain(secret);
  });

  it('is short, in characters that can be stored, and null where there is nothing', () => {
    expect(redactExcerpt('no such order '.repeat(100))).toHaveLength(500);
    expect(redactExcerpt('a\0b\u001b[31mc\ud800')).toBe('a b [31mc\ufffd');
    expect(redactExcerpt(' \n ')).toBeNull();
  });
});
