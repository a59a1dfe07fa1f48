import { sql } from 'kysely';
import type { EntityManager } from '../../../shared/db/orm.ts';
import type { CallerContext } from '../../context.ts';
import type { IconType } from './contract.ts';

/** The address of a picture, as the caller reaches this server. */
export const iconUrl = ({ request }: Pick<CallerContext, 'request'>, iconId: string): string =>
  `${request.baseUrl}/icons/${iconId}`;

/** Where an organization's picture is; null when it has none. */
export async function getIcon(
  ctx: Pick<CallerContext, 'em' | 'request'>,
  { id: organizationId }: { readonly id: string },
): Promise<{ iconUrl: string | null }> {
  const { rows } = await sql<{ id: string }>`
    select id from organization_icon where organization_id = ${organizationId}`.execute(
    ctx.em.getKysely(),
  );
  return { iconUrl: rows[0] ? iconUrl(ctx, rows[0].id) : null };
}

interface StoredIcon {
  readonly type: IconType;
  readonly content: Buffer;
}

/** The picture of that address, for anybody: 74 random bits of it are the right to see it. */
export async function readIcon(em: EntityManager, unsafeId: string): Promise<StoredIcon | null> {
  const { rows } = await sql<StoredIcon>`
    select media_type as type, content from organization_icon where id = ${unsafeId}`.execute(
    em.getKysely(),
  );
  return rows[0] ?? null;
}
