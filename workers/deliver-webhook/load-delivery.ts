import { sql } from 'kysely';
import { z } from 'zod';
import type { EntityManager } from '../../shared/db/orm.ts';
import { webhookSecretContext } from '../../shared/webhooks/secret-context.ts';
import type { SealedSecret } from '../vault/open.ts';

const Bytes = z.base64().transform((text) => Buffer.from(text, 'base64'));

const Row = z.object({
  organization_id: z.string(),
  webhook_id: z.string(),
  url: z.url(),
  is_disabled: z.boolean(),
  event_id: z.string(),
  body: z.string(),
  attempts: z.int(),
  secrets: z.array(
    z.object({
      version: z.int(),
      kid: z.string(),
      wrapped: Bytes,
      nonce: Bytes,
      ciphertext: Bytes,
    }),
  ),
});

/** A delivery that is still to be made. */
export interface LoadedDelivery {
  readonly id: string;
  readonly organizationId: string;
  readonly webhookId: string;
  readonly url: URL;
  readonly isDisabled: boolean;
  readonly eventId: string;
  readonly body: string;
  /** How many there were. */
  readonly attempts: number;
  /** Newest first; the last one may be on its way out. */
  readonly secrets: readonly SealedSecret<string>[];
}

/** Null when it is gone, or was made. */
export async function loadDelivery(em: EntityManager, id: string): Promise<LoadedDelivery | null> {
  const { rows } = await sql<Record<string, unknown>>`
    select w.organization_id, w.id as webhook_id, w.url, w.disabled_at is not null as is_disabled,
      e.id as event_id, e.body, jsonb_array_length(d.attempts) as attempts,
      coalesce((
        select json_agg(json_build_object('version', s.version, 'kid', s.kid,
          'wrapped', translate(encode(s.wrapped, 'base64'), E'\n', ''),
          'nonce', translate(encode(s.nonce, 'base64'), E'\n', ''),
          'ciphertext', translate(encode(s.ciphertext, 'base64'), E'\n', ''))
          order by s.version desc)
        from webhook_secret s
        where s.webhook_id = w.id and (s.expires_at is null or s.expires_at > now())), '[]')
        as secrets
    from webhook_delivery d
    join webhook w on w.id = d.webhook_id
    join webhook_event e on e.id = d.event_id
    where d.id = ${id} and d.status = 'PENDING'`.execute(em.getKysely());
  if (!rows[0]) return null;
  const row = Row.parse(rows[0]);
  const { organization_id: organizationId, webhook_id: webhookId } = row;
  return {
    id,
    organizationId,
    webhookId,
    url: new URL(row.url),
    isDisabled: row.is_disabled,
    eventId: row.event_id,
    body: row.body,
    attempts: row.attempts,
    secrets: row.secrets.map(({ version, ...envelope }) => ({
      field: `v${version}`,
      envelope,
      context: webhookSecretContext({ organizationId, webhookId, version }),
    })),
  };
}
