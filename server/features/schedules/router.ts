import { dataSourceProcedure, router } from '../../trpc.ts';
import { PauseSchedule, Schedule, ScheduleRef, UpdateSchedule } from './contract.ts';
import { getSchedule } from './get-schedule.ts';
import { pauseSchedule } from './pause-schedule.ts';
import { resumeSchedule } from './resume-schedule.ts';
import { updateSchedule } from './update-schedule.ts';

const tag = 'Data Sources';
const within = '/organizations/{orgId}';
const source = '/data-sources/{id}';
const schedule = `${source}/schedule` as const;

export const schedules = router({
  get: dataSourceProcedure
    .meta({
      summary: 'When a data source is synced and checked, or why it is paused',
      permission: 'data-sources:read',
      rest: { public: `GET ${within}${schedule}`, v1: `GET ${schedule}`, keyed: `GET ${schedule}` },
      tag,
    })
    .input(ScheduleRef)
    .output(Schedule)
    .query(({ ctx, input }) => getSchedule(ctx, input)),

  update: dataSourceProcedure
    .meta({
      summary: 'Change how often a data source is synced and checked',
      permission: 'data-sources:write',
      rest: {
        public: `PATCH ${within}${schedule}`,
        v1: `PATCH ${schedule}`,
        keyed: `PATCH ${schedule}`,
      },
      tag,
    })
    .input(UpdateSchedule)
    .output(Schedule)
    .mutation(({ ctx, input }) => updateSchedule(ctx, input)),

  pause: dataSourceProcedure
    .meta({
      summary: 'Stop syncing and checking a data source until it is resumed',
      permission: 'data-sources:write',
      rest: {
        public: `POST ${within}${source}/pause`,
        v1: `POST ${source}/pause`,
        keyed: `POST ${source}/pause`,
      },
      tag,
    })
    .input(PauseSchedule)
    .output(Schedule)
    .mutation(({ ctx, input }) => pauseSchedule(ctx, input)),

  resume: dataSourceProcedure
    .meta({
      summary: 'Go on syncing and checking a data source',
      permission: 'data-sources:write',
      rest: {
        public: `POST ${within}${source}/resume`,
        v1: `POST ${source}/resume`,
        keyed: `POST ${source}/resume`,
      },
      tag,
    })
    .input(ScheduleRef)
    .output(Schedule)
    .mutation(({ ctx, input }) => resumeSchedule(ctx, input)),
});
