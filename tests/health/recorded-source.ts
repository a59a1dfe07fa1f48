import { LockMode } from '@mikro-orm/core';
import { pauseSchedule } from '../../server/features/schedules/pause-schedule.ts';
import { resumeSchedule } from '../../server/features/schedules/resume-schedule.ts';
import { DataSource } from '../../shared/db/entities/data-source.entity.ts';
import type { ConnectionFailureCode } from '../../shared/failures/connection-failures.ts';
import type { ProbeReport } from '../../shared/probe.ts';
import { recordCheck } from '../../workers/check-health/record-check.ts';
import type { Installation } from '../support/worker.ts';

/** What a probe says that took `durationMs`. */
export function report(failure: ConnectionFailureCode | null, durationMs: number): ProbeReport {
  const steps = [
    { step: 'resolve', durationMs: 1, failure: null },
    { step: 'connect', durationMs, failure },
  ] as const;
  return { steps: [...steps], failure, durationMs, serverVersion: null };
}

/** A data source whose checks and pauses happen when a test says, at moments that it chooses. */
export async function recordedSource(installation: Installation) {
  const { organizationId: orgId } = installation;
  const id = await installation.createSource();
  const at = (now: Date) => ({ ...installation.api, clock: { now: () => now } });
  return {
    id,
    check: (checked: ProbeReport, now: Date) =>
      installation.api.em.transactional(async (em) => {
        await em.findOne(DataSource, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
        return recordCheck(em, { id, organizationId: orgId }, checked, now);
      }),
    pause: (now: Date) => pauseSchedule(at(now), { orgId, id, reason: 'Maintenance' }),
    resume: (now: Date) => resumeSchedule(at(now), { orgId, id }),
  };
}
