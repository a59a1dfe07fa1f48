import { timingSafeEqual } from 'node:crypto';
import { sql, type RawBuilder } from 'kysely';
import type { Orm } from '../../shared/db/orm.ts';
import type { Environment } from '../../shared/environments.ts';
import { plans, type Plan } from '../../shared/plans.ts';
import type { Role } from '../../shared/roles.ts';
import { fullAccess, type Principal } from './principal.ts';

interface KeyRow {
  id: string;
  user_id: string;
  organization_id: string;
  hash: Buffer;
  previous_hash: Buffer | null;
  expires_at_ms: string | null;
  scopes: string[];
  environment: Environment;
  allowed_cidrs: string[];
  plan: Plan;
  roles: Record<string, Role>;
}

interface SessionRow {
  id: string;
  user_id: string;
  expires_at_ms: string;
  signed_in_at_ms: string;
  plan: Plan;
  roles: Record<string, Role>;
}

// One statement per credential: the key or session together with the user's memberships.
const rolesOf = (userId: RawBuilder<unknown>) => sql`
  coalesce((select json_object_agg(m.organization_id, m.role) from membership m
    where m.user_id = ${userId} and m.deactivated_at is null), '{}') as roles`;

// Who belongs to a large organization and to a small one is not held to the limit of the small one.
const bestPlanOf = (userId: RawBuilder<unknown>) => sql`
  coalesce((select o.plan from membership m join organization o on o.id = m.organization_id
    where m.user_id = ${userId} and m.deactivated_at is null
    order by array_position(${[...plans]}::text[], o.plan) desc limit 1), 'FREE') as plan`;

const keyColumns = sql`
  k.id, k.user_id, k.organization_id, k.hash, k.scopes, k.environment, k.allowed_cidrs,
  case when k.previous_hash_until > now() then k.previous_hash end as previous_hash,
  extract(epoch from k.expires_at) * 1000 as expires_at_ms,
  (select o.plan from organization o where o.id = k.organization_id) as plan, ${rolesOf(sql`k.user_id`)}`;

export async function readBearer(orm: Orm, hash: Buffer): Promise<Principal | null> {
  const { rows } = await sql<KeyRow>`
    select ${keyColumns} from api_key k
    where k.kind = 'bearer' and k.deactivated_at is null
      and (k.hash = ${hash} or (k.previous_hash = ${hash} and k.previous_hash_until > now()))`.execute(
    orm.em.getKysely(),
  );
  const [row] = rows;
  if (!row || !matches(row, hash)) return null;
  return {
    ...ofKey(row),
    kind: 'bearer',
    environment: null,
    roles: new Map(Object.entries(row.roles)),
  };
}

export async function readPair(
  orm: Orm,
  publicId: string,
  hash: Buffer,
): Promise<Principal | null> {
  const { rows } = await sql<KeyRow>`
    select ${keyColumns} from api_key k
    where k.kind = 'pair' and k.deactivated_at is null and k.public_id = ${publicId}`.execute(
    orm.em.getKysely(),
  );
  const [row] = rows;
  // An unknown key costs the same comparison as a wrong secret.
  const isRight = matches(row ?? { hash: Buffer.alloc(32), previous_hash: null }, hash);
  if (!row || !isRight) return null;
  const role = row.roles[row.organization_id];
  if (!role) return null;
  return { ...ofKey(row), kind: 'pair', roles: new Map([[row.organization_id, role]]) };
}

export async function readSession(orm: Orm, sessionId: string): Promise<Principal | null> {
  const { rows } = await sql<SessionRow>`
    select s.id, s.user_id, extract(epoch from s.expires_at) * 1000 as expires_at_ms,
      extract(epoch from s.signed_in_at) * 1000 as signed_in_at_ms,
      ${bestPlanOf(sql`s.user_id`)}, ${rolesOf(sql`s.user_id`)}
    from user_session s where s.id = ${sessionId} and s.revoked_at is null`.execute(
    orm.em.getKysely(),
  );
  const [row] = rows;
  if (!row) return null;
  return {
    kind: 'session',
    credentialId: row.id,
    userId: row.user_id,
    organizationId: null,
    roles: new Map(Object.entries(row.roles)),
    scopes: new Set([fullAccess]),
    environment: null,
    plan: row.plan,
    signedInAtMs: Number(row.signed_in_at_ms),
    allowedCidrs: [],
    expiresAtMs: Number(row.expires_at_ms),
  };
}

function ofKey(row: KeyRow): Omit<Principal, 'kind' | 'roles'> {
  return {
    credentialId: row.id,
    userId: row.user_id,
    organizationId: row.organization_id,
    scopes: new Set(row.scopes),
    environment: row.environment,
    plan: row.plan,
    signedInAtMs: null,
    allowedCidrs: row.allowed_cidrs,
    expiresAtMs: row.expires_at_ms === null ? Infinity : Number(row.expires_at_ms),
  };
}

function matches(row: Pick<KeyRow, 'hash' | 'previous_hash'>, hash: Buffer): boolean {
  const isCurrent = timingSafeEqual(row.hash, hash);
  return isCurrent || (row.previous_hash !== null && timingSafeEqual(row.previous_hash, hash));
}
