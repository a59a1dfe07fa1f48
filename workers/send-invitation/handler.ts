import { sql } from 'kysely';
import { invitationContext } from '../../shared/vault/invitation-context.ts';
import { completed } from '../jobs/claim.ts';
import { failureCode } from '../failure-code.ts';
import type { Handler } from '../jobs/job.ts';
import { isTampered, recordRefusal } from '../refuse-envelope.ts';
import { invitationMessage } from './invitation-message.ts';
import { loadInvitation } from './load-invitation.ts';

/**
 * Sends an invitation to its address. Again, when the mail server did not take it or nobody can tell
 * whether it did: a second message of one invitation holds the same token and does no harm.
 */
export const sendInvitation: Handler<'send-invitation'> = async (worker, job) => {
  const { mailer, vault } = worker;
  const invitation = await loadInvitation(worker.orm.em.fork(), job.payload.invitationId);
  if (!invitation) return;
  if (!mailer) throw new Error('SMTP_URL is not set for this worker');
  const { id, organizationId, email, envelope } = invitation;
  const context = invitationContext({ organizationId, invitationId: id, email });
  try {
    await vault.use([{ field: 'token', envelope, context }], ({ token = '' }) =>
      mailer.send(invitationMessage(invitation, token, mailer.publicUrl), job.signal),
    );
  } catch (error) {
    if (!isTampered(error)) throw error;
    return job.end(async (tx, now) => {
      await recordRefusal(tx, invitation, error.code, now);
      return { as: 'rejected', code: failureCode(error) };
    });
  }
  await job.end(async (tx) => {
    // What is sent is of no use here any more, sealed or not.
    await sql`
      update invitation set kid = null, wrapped = null, nonce = null, ciphertext = null
      where id = ${id}`.execute(tx.getKysely());
    return completed;
  });
};
