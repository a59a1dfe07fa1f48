import { sql } from 'kysely';
import type { ProbeReport } from '../../shared/probe.ts';
import type { Job } from '../jobs/job.ts';
import type { LoadedDataSource } from '../load-data-source.ts';
import { bringsHostKey } from '../record-host-key.ts';
import { waitOf, writeCheck } from './write-check.ts';

const healthy = { status: 'HEALTHY', failures: 0, failingSince: null, isProven: true } as const;

/**
 * Records the check that all but a few are, that of a data source which was healthy and is, and ends
 * the job with it, in one statement. False, with nothing written, where there is more to it: the row
 * was changed since it was loaded, by whomever, or somebody is at it now.
 */
export async function recordSteady(
  job: Pick<Job<'check-health'>, 'complete'>,
  source: LoadedDataSource,
  report: ProbeReport,
): Promise<boolean> {
  if (report.failure !== null || bringsHostKey(source, report.sshHostKey)) return false;
  // An unchanged row says that no other check was taken since: the statement has seen all spans.
  const checked = sql`
    select d.id, d.organization_id, date_trunc('milliseconds', now()) as at,
      ${waitOf(sql`d.health_interval_seconds`)} as wait
    from data_source d, claim
    where d.id = ${source.id} and d.xmin::text = ${source.rowVersion}
      and d.last_health_status = 'HEALTHY' and d.check_failures = 0 and d.proven_at is not null
    for update of d skip locked`;
  return job.complete(writeCheck(checked, report, healthy));
}
