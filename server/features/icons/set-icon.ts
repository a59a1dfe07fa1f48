import { sql } from 'kysely';
import { recordAudit } from '../../../shared/audit/record.ts';
import { AppError, invalidField } from '../../../shared/errors.ts';
import { newId } from '../../../shared/ids.ts';
import type { CallerContext } from '../../context.ts';
import { lockOrganization } from '../../membership/lock-organization.ts';
import { maxIconBytes, type Icon, type IconType, type SetIcon } from './contract.ts';
import { iconUrl } from './read-icon.ts';
import { readImage } from './read-image.ts';

type Needs = Pick<CallerContext, 'em' | 'clock' | 'origin' | 'request'>;

/** A small file can be a picture of gigabytes, to whoever has to draw it. */
const maxPixels = 4_096;

/** Gives the organization a picture in place of the one it had. The same one again is no change. */
export async function setIcon(ctx: Needs, input: SetIcon): Promise<Icon> {
  const { id: organizationId } = input;
  const content = Buffer.from(input.icon, 'base64');
  const type = typeOf(content);
  return ctx.em.transactional(async (em) => {
    await lockOrganization(em, organizationId);
    const db = em.getKysely();
    const { rows } = await sql<{ id: string }>`
      select id from organization_icon
      where organization_id = ${organizationId} and content = ${content}`.execute(db);
    if (rows[0]) return { iconUrl: iconUrl(ctx, rows[0].id) };
    const iconId = newId('organizationIcon');
    const now = ctx.clock.now();
    await sql`
      insert into organization_icon (organization_id, id, media_type, content, created_at)
      values (${organizationId}, ${iconId}, ${type}, ${content}, ${now.toISOString()})
      on conflict (organization_id) do update set id = excluded.id,
        media_type = excluded.media_type, content = excluded.content,
        created_at = excluded.created_at`.execute(db);
    const action = 'organization.icon_changed';
    const details = { type, bytes: content.length };
    const act = { organizationId, action, targetId: organizationId, details } as const;
    await recordAudit(em, ctx.origin, act, now);
    return { iconUrl: iconUrl(ctx, iconId) };
  });
}

function typeOf(content: Buffer): IconType {
  if (content.length > maxIconBytes) {
    throw new AppError('PAYLOAD_TOO_LARGE', 'icon: Must be at most 2 MB');
  }
  const image = readImage(content);
  if (!image) throw invalidField('icon', 'Must be a JPEG or PNG image');
  const { type, width, height } = image;
  if (Math.min(width, height) < 1 || Math.max(width, height) > maxPixels) {
    throw invalidField('icon', `Must be at most ${maxPixels} pixels wide and high`);
  }
  return type;
}
