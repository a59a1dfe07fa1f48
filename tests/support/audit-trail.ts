import type { TestDatabase } from './database.ts';

interface AuditEvent {
  readonly action: string;
  readonly actor_type: string;
  readonly actor_id: string;
  readonly request_id: string | null;
  readonly details: Record<string, unknown>;
}

/** What is on record about one target in an organization, oldest first. */
export async function auditTrail(
  { pool }: TestDatabase,
  organizationId: string,
  targetId: string,
): Promise<AuditEvent[]> {
  const { rows } = await pool.query<Omit<AuditEvent, 'details'> & { details: string }>(
    `select action, actor_type, actor_id, request_id, details from audit_event
     where organization_id = $1 and target_id = $2 order by sequence`,
    [organizationId, targetId],
  );
  return rows.map((row) => ({
    ...row,
    details: JSON.parse(row.details) as AuditEvent['details'],
  }));
}
