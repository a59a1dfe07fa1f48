import type pg from 'pg';
import { createBasekeepClient } from '../../../server/client.ts';
import { credentialIdOf } from '../../../shared/ids.ts';
import type { TestTenant } from '../../support/api.ts';
import type { TestDatabase } from '../../support/database.ts';
import { signIn } from '../../support/people/sign-in.ts';

/** What nobody may see whose request has no audit event. */
const revealedSecret = 'c5-canary-7Hq2';

/** Somebody who may reveal the credential `id`, signed in. */
export interface Revealer {
  readonly orgId: string;
  readonly id: string;
  readonly token: string;
}

/** Signs the tenant's user in at an API and has it store a secret there. */
export async function becomeRevealer(
  url: string,
  database: TestDatabase,
  tenant: TestTenant,
): Promise<Revealer> {
  const { orgId, key } = tenant;
  const { id } = await createBasekeepClient({ url, apiKey: key }).dataSources.create.mutate({
    orgId,
    type: 'direct',
    dialect: 'POSTGRES',
    displayName: 'Shop',
    host: 'db.example.com',
    username: 'reader',
    password: revealedSecret,
  });
  return { orgId, id: credentialIdOf(id), token: await signIn({ url }, database, tenant) };
}

/** One attempt, as it came over the wire. */
export async function attempt(url: string, { orgId, id, token }: Revealer) {
  const response = await fetch(`${url}/trpc/credentials.reveal`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ orgId, id, reason: 'test' }),
  });
  const body = await response.text();
  return {
    status: response.status,
    requestId: response.headers.get('x-request-id') ?? '',
    hasSecret: body.includes(revealedSecret),
  };
}

/** How many events say that the secret went to this request. */
export async function eventsOf(pool: pg.Pool, requestId: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select count(*)::int as n from audit_event
     where request_id = $1 and action = 'credential.revealed'`,
    [requestId],
  );
  return rows[0]?.n ?? 0;
}

/**
 * Writes down every answer that is ever stored, with whether its audit event was there before: what
 * is sealed for a request that has none would show here even if nobody took it. Each answer takes
 * `ms` to store, so that there is a moment between event and answer.
 */
export async function watchAnswers(pool: pg.Pool, ms: number): Promise<void> {
  await pool.query(`
    create table seen_answer (request_id text, events integer);
    create function see_answer() returns trigger language plpgsql as $$
    begin
      perform pg_sleep(${ms / 1_000});
      insert into seen_answer select new.request_id, count(*) from audit_event
        where request_id = new.request_id and action = 'credential.revealed';
      return new;
    end $$;
    create trigger seen before update of answer on credential_reveal
      for each row execute function see_answer()`);
}

/** Requests for which something was sealed without exactly one audit event. */
export async function answersWithoutEvent(pool: pg.Pool): Promise<unknown[]> {
  return (await pool.query('select * from seen_answer where events <> 1')).rows;
}

/** For how many requests there is an audit event and nothing was sealed. */
export async function lostAnswers(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`
    select count(*)::int as n from audit_event e where action = 'credential.revealed'
      and not exists (select from seen_answer s where s.request_id = e.request_id)`);
  return rows[0]?.n ?? 0;
}
