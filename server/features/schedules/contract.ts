import { z } from 'zod';
import { Id } from '../../../shared/ids.ts';
import { intervalBounds } from '../../../shared/schedule.ts';
import { text } from '../../../shared/text.ts';

const source = { orgId: Id, id: Id };

const seconds = ({ min, max }: { readonly min: number; readonly max: number }) =>
  z.int().min(min).max(max);

export const ScheduleRef = z.strictObject(source);

export const UpdateSchedule = z.strictObject({
  ...source,
  syncIntervalSeconds: seconds(intervalBounds.sync).optional(),
  healthIntervalSeconds: seconds(intervalBounds.health).optional(),
});

export const PauseSchedule = z.strictObject({
  ...source,
  /** For those who find it paused. */
  reason: text({ min: 1, max: 500 }),
});

const Time = z.iso.datetime();

/** When a data source is synced and checked by itself. Each interval is kept to within a tenth. */
export const Schedule = z
  .object({
    dataSourceId: z.string(),
    syncIntervalSeconds: z.int(),
    healthIntervalSeconds: z.int(),
    /** Null while it is paused. */
    nextSyncAt: Time.nullable().meta({
      description: 'Null while it is paused. Earlier than the interval says after a failed sync.',
    }),
    nextHealthCheckAt: Time.nullable().meta({
      description: 'Null while it is paused. Later than the interval says during an outage.',
    }),
    paused: z.object({ since: Time, reason: z.string() }).nullable().meta({
      description:
        'While it is paused no sync is sent by the schedule and no check is made; a sync that somebody asks for is done all the same.',
    }),
  })
  .meta({ id: 'Schedule' });

export type ScheduleRef = z.infer<typeof ScheduleRef>;
export type UpdateSchedule = z.infer<typeof UpdateSchedule>;
export type PauseSchedule = z.infer<typeof PauseSchedule>;
export type Schedule = z.infer<typeof Schedule>;
