import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enrol } from '../../server/membership/enrol.ts';
import { hashInvitationToken } from '../../server/membership/invitation-token.ts';
import { createMailer } from '../../workers/mail/mailer.ts';
import { useDatabase } from '../support/database.ts';
import { startSmtpServer, type SmtpServer } from '../support/servers/smtp.ts';
import { eventually, jobsOf, retryAtOnce, useInstallation } from '../support/worker.ts';

const control = useDatabase();
const installation = useInstallation(control);
let server: SmtpServer;
let addresses = 0;

beforeAll(() => retryAtOnce(control));

beforeEach(async () => {
  await control.pool.query('delete from pgboss.job');
  server = await startSmtpServer();
  return () => server.close();
});

const mailer = (credentials = '') =>
  createMailer({
    SMTP_URL: `smtp://${credentials}127.0.0.1:${server.port}`,
    SMTP_FROM: 'Basekeep <basekeep@example.com>',
    PUBLIC_URL: 'https://console.example.com/base/',
  });

/** Invites somebody as the API does where mail is sent. */
async function invite(email = `invited-${(addresses += 1)}@example.com`) {
  const { em, ...services } = installation.api;
  const ctx = { ...services, sendsMail: true };
  const candidate = { orgId: installation.organizationId, email, role: 'MEMBER' } as const;
  const { id, invitationToken } = await em.transactional((tx) => enrol(tx, ctx, candidate));
  expect(invitationToken).toBeUndefined();
  return { id, email };
}

async function stored(membershipId: string) {
  const { rows } = await control.pool.query<{ token_hash: Buffer; ciphertext: Buffer | null }>(
    'select token_hash, ciphertext from invitation where membership_id = $1',
    [membershipId],
  );
  return rows[0];
}

const firstMessage = () => eventually(() => Promise.resolve(server.messages[0]));
const tokenIn = (text: string) => /^(bki_[\w-]{43})\r?$/m.exec(text)?.[1] ?? '';

describe('an invitation by e-mail', () => {
  it('reaches its address, with the token that is stored as a hash alone', async () => {
    const { id, email } = await invite();
    expect((await stored(id))?.ciphertext).toBeInstanceOf(Buffer);
    await installation.work({ mailer: mailer() });
    const { from, to, headers, text } = await firstMessage();
    expect({ from, to }).toEqual({ from: 'basekeep@example.com', to: [email] });
    expect(headers).toContain('Subject: You are invited to Test');
    const token = tokenIn(text);
    expect(text).toContain(`https://console.example.com/base/accept-invitation#token=${token}`);
    expect((await stored(id))?.token_hash).toEqual(hashInvitationToken(token));
    await eventually(async () => (await stored(id))?.ciphertext === null);
    const jobs = await eventually(async () => {
      const all = await jobsOf(control, 'send-invitation');
      return all.every(({ state }) => state === 'completed') && all;
    });
    expect(JSON.stringify(jobs)).not.toContain(token);
    expect(JSON.stringify(jobs)).not.toContain(email);
  });

  it('is sent again when the mail server was busy', async () => {
    await invite();
    server.busyFor = 2;
    await installation.work({ mailer: mailer() });
    await firstMessage();
    expect(server.lines.filter((line) => line === 'DATA')).toHaveLength(3);
  });

  it('that was replaced before it was sent is not sent: the new one is', async () => {
    const { id, email } = await invite();
    await invite(email);
    await installation.work({ mailer: mailer() });
    const { text } = await firstMessage();
    expect((await stored(id))?.token_hash).toEqual(hashInvitationToken(tokenIn(text)));
    await eventually(async () => {
      const all = await jobsOf(control, 'send-invitation');
      return all.length === 2 && all.every(({ state }) => state === 'completed');
    });
    expect(server.messages).toHaveLength(1);
  });

  it('does not open for another address: nothing is sent, and it is written down', async () => {
    const { id } = await invite();
    await control.pool.query(
      `update app_user set email = 'thief@example.com'
       where id = (select user_id from membership where id = $1)`,
      [id],
    );
    await installation.work({ mailer: mailer() });
    const [dead] = await eventually(async () => {
      const all = await jobsOf(control, 'send-invitation-dead');
      return all.length > 0 && all;
    });
    expect(dead?.source_output).toEqual({ code: 'CREDENTIALS_CORRUPT' });
    expect(server.lines).toEqual([]);
    const { rows } = await control.pool.query(
      `select details from audit_event where action = 'security.envelope_refused'`,
    );
    expect(rows).toEqual([{ details: '{"reason":"CONTEXT_MISMATCH"}' }]);
  });

  it("has no line that is the organization's own, whatever its name", async () => {
    await control.pool.query('update organization set name = $1 where id = $2', [
      'Evil\r\nBcc: all@example.com\r\n\r\nClick here',
      installation.organizationId,
    ]);
    const { email } = await invite();
    await installation.work({ mailer: mailer() });
    const { to, headers, text } = await firstMessage();
    expect(to).toEqual([email]);
    expect(headers).not.toMatch(/^Bcc/im);
    expect(text).not.toMatch(/^Click/m);
  });
});

it('the password for the mail server is never sent in clear', async () => {
  await invite();
  await installation.work({ mailer: mailer('user:c4n4ry@') });
  await eventually(async () => (await jobsOf(control, 'send-invitation-dead')).length > 0);
  expect(server.lines.join('\n')).toContain('STARTTLS');
  expect(server.lines.join('\n')).not.toMatch(/AUTH|c4n4ry/);
  expect(server.messages).toEqual([]);
});
