import { sql } from 'kysely';
import { connectionUri } from '../../shared/connection-uri.ts';
import { notify } from '../../shared/db/notify.ts';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { RevealFailure } from '../../shared/reveal.ts';
import { completed, type Ending } from '../jobs/claim.ts';
import { failureCode } from '../failure-code.ts';
import type { Handler, Job } from '../jobs/job.ts';
import { loadDataSource, type LoadedDataSource } from '../load-data-source.ts';
import { isTampered, recordRefusal } from '../refuse-envelope.ts';
import { VaultError } from '../vault/open.ts';
import type { WorkerContext } from '../worker-context.ts';
import { loadReveal, type Reveal } from './load-reveal.ts';
import { RevealRefused, recordReveal } from './record-reveal.ts';
import { sealAnswer } from './seal-answer.ts';

type RevealJob = Job<'reveal-credential'>;

/**
 * Hands the secrets of a data source to the request that waits for them, sealed to its one-time key.
 * The order is the promise: open, write the audit event and commit it, and only then seal and send.
 * Whatever goes wrong, the request hears of it at once.
 */
export const revealCredential: Handler<'reveal-credential'> = async (worker, job) => {
  const em = worker.orm.em.fork();
  const reveal = await loadReveal(em, job.payload.revealId);
  if (!reveal) return;
  const source = await loadDataSource(em, reveal.dataSourceId);
  try {
    if (source?.organizationId !== reveal.organizationId) throw new RevealRefused('CHANGED');
    await handOver(worker, job, reveal, source);
  } catch (error) {
    worker.log.warn({ revealId: reveal.id, err: error }, 'credential not revealed');
    await job.end((tx, now) => giveUp(tx, reveal, error, now));
  }
};

async function handOver(
  { vault }: Pick<WorkerContext, 'vault'>,
  job: RevealJob,
  reveal: Reveal,
  source: LoadedDataSource,
): Promise<void> {
  await vault.use(source.secrets, async (secrets) => {
    await job.write((em, now) => recordReveal(em, reveal, source, now));
    const uri = connectionUri(source.connection, secrets.password ?? null);
    const answer = sealAnswer({ uri, secrets }, job.payload.publicKey);
    await job.end(async (em) => {
      await sql`
        update credential_reveal set answer = ${answer}
        where id = ${reveal.id} and expires_at > now()`.execute(em.getKysely());
      await notify(em, 'basekeep_revealed', reveal.id);
      return completed;
    });
  });
}

async function giveUp(
  em: EntityManager,
  reveal: Reveal,
  error: unknown,
  now: Date,
): Promise<Ending> {
  await sql`
    update credential_reveal set failure = ${failureOf(error)} where id = ${reveal.id}`.execute(
    em.getKysely(),
  );
  await notify(em, 'basekeep_revealed', reveal.id);
  if (!isTampered(error)) return completed;
  const { organizationId, dataSourceId: id } = reveal;
  await recordRefusal(em, { organizationId, id }, error.code, now);
  return { as: 'rejected', code: failureCode(error) };
}

function failureOf(error: unknown): RevealFailure {
  if (error instanceof RevealRefused) return error.failure;
  if (!(error instanceof VaultError)) return 'INTERNAL_ERROR';
  return isTampered(error) ? 'CREDENTIALS_CORRUPT' : 'CREDENTIALS_LOCKED';
}
