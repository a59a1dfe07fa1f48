import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import { newId } from '../../shared/ids.ts';
import type { ProbeReport } from '../../shared/probe.ts';
import type { Judgement } from './health-state.ts';

type Failure = NonNullable<ProbeReport['failure']>;
type Step = ProbeReport['steps'][number]['step'];

/** An outage as it stands in this moment. */
export interface Outage {
  readonly id: string;
  readonly startedAt: Date;
  /** Null when it has just begun. */
  readonly endedAt: Date | null;
  readonly failure: Failure;
  readonly step: Step | null;
}

interface Turned {
  readonly report: ProbeReport;
  readonly now: Date;
  readonly judgement: Judgement;
}

/** Begins or ends the incident of an outage, where a check turned the status; null where not. */
export async function recordTurn(
  em: EntityManager,
  source: { readonly id: string; readonly organizationId: string },
  { report, now, judgement }: Turned,
): Promise<Outage | null> {
  const { turn, state } = judgement;
  if (turn === 'recovered') return endIncident(em, source.id, now);
  if (turn !== 'failed' || report.failure === null) return null;
  const startedAt = state.failingSince ?? now;
  const step = report.steps.find(({ failure }) => failure !== null)?.step ?? null;
  const outage = { id: newId('healthIncident'), startedAt, failure: report.failure, step };
  const at = now.toISOString();
  await sql`
    insert into health_incident (id, organization_id, data_source_id, started_at, failure, step,
      created_at, updated_at)
    values (${outage.id}, ${source.organizationId}, ${source.id}, ${startedAt.toISOString()},
      ${outage.failure}, ${step}, ${at}, ${at})`.execute(em.getKysely());
  return { ...outage, endedAt: null };
}

interface Row {
  readonly id: string;
  readonly started_at_ms: number;
  readonly failure: Failure;
  readonly step: Step | null;
}

/** Null for a source that was down before incidents were written down. */
async function endIncident(em: EntityManager, id: string, now: Date): Promise<Outage | null> {
  const at = now.toISOString();
  const { rows } = await sql<Row>`
    update health_incident set ended_at = ${at}, updated_at = ${at}
    where data_source_id = ${id} and ended_at is null
    returning id, (extract(epoch from started_at) * 1000)::float8 as started_at_ms, failure,
      step`.execute(em.getKysely());
  const [row] = rows;
  if (!row) return null;
  const { started_at_ms: startedAtMs, ...rest } = row;
  return { ...rest, startedAt: new Date(startedAtMs), endedAt: now };
}
