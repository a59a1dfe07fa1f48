import { sql } from 'kysely';
import { recordAudit } from '../../shared/audit/record.ts';
import type { EntityManager } from '../../shared/db/orm.ts';
import { credentialIdOf } from '../../shared/ids.ts';
import { recentSignInMs, type RevealFailure } from '../../shared/reveal.ts';
import { lockDataSource, type LoadedDataSource } from '../load-data-source.ts';
import type { Reveal } from './load-reveal.ts';

/** The secret stays where it is. */
export class RevealRefused extends Error {
  override readonly name = 'RevealRefused';
  readonly failure: RevealFailure;

  constructor(failure: RevealFailure) {
    super(failure);
    this.failure = failure;
  }
}

/**
 * Writes down that the secrets go to whoever asked. Commit it before they do: the trail may show a
 * secret that did not arrive, never the other way round. Throws `RevealRefused` when they must not
 * go, which is found out here again: the API's word is not enough for it.
 */
export async function recordReveal(
  em: EntityManager,
  reveal: Reveal,
  source: LoadedDataSource,
  now: Date,
): Promise<void> {
  const { organizationId, reason } = reveal;
  await beginAnswer(em, reveal.id);
  if ((await lockDataSource(em, source)) !== 'same') throw new RevealRefused('CHANGED');
  if (!(await isAllowed(em, reveal))) throw new RevealRefused('NOT_ALLOWED');
  await sql`update data_source set last_revealed_at = now() where id = ${source.id}`.execute(
    em.getKysely(),
  );
  const fields = source.secrets.map(({ field }) => field).sort();
  const targetId = credentialIdOf(source.id);
  const act = { organizationId, action: 'credential.revealed', targetId } as const;
  await recordAudit(em, reveal.origin, { ...act, details: { reason, fields } }, now);
}

/** One attempt answers a request, and only while somebody waits for it. */
async function beginAnswer(em: EntityManager, id: string): Promise<void> {
  const { numAffectedRows } = await sql`
    update credential_reveal set audited_at = now()
    where id = ${id} and audited_at is null and expires_at > now()`.execute(em.getKysely());
  if (numAffectedRows !== 1n) throw new RevealRefused('CHANGED');
}

// The sign-in was recent by the API's clock, which the database's need not agree with.
const signInMs = recentSignInMs + 60_000;

/** Whether policy, membership and sign-in still allow it; held as they are until the commit. */
async function isAllowed(em: EntityManager, reveal: Reveal): Promise<boolean> {
  const { rows } = await sql`
    select 1 from organization o
    join membership m on m.organization_id = o.id and m.user_id = ${reveal.userId}
    join user_session s on s.id = ${reveal.sessionId} and s.user_id = m.user_id
    where o.id = ${reveal.organizationId} and o.reveal_policy = 'admins'
      and m.role = 'ADMIN' and m.deactivated_at is null and s.revoked_at is null
      and s.signed_in_at > now() - make_interval(secs => ${signInMs / 1_000})
    for share of o, m, s`.execute(em.getKysely());
  return rows.length > 0;
}
