import { z } from 'zod';
import { ConnectionFailureCodeSchema } from '../../../shared/connection-failures.ts';
import { Id } from '../../../shared/ids.ts';
import { ConnectionHealthStatus, ProbeStep } from '../../../shared/probe.ts';

export const GetHealth = z.strictObject({ orgId: Id, id: Id });

export const Health = z
  .object({
    dataSourceId: z.string(),
    status: ConnectionHealthStatus,
    lastHealthyAt: z.iso.datetime(),
    nextCheckAt: z.iso.datetime(),
    /** The latest check; null until the first one has run. */
    lastCheck: z
      .object({
        checkedAt: z.iso.datetime(),
        durationMs: z.number(),
        serverVersion: z.string().nullable(),
        failure: z.object({ code: ConnectionFailureCodeSchema, message: z.string() }).nullable(),
        steps: z.array(ProbeStep),
      })
      .nullable(),
  })
  .meta({ id: 'Health' });

export type Health = z.infer<typeof Health>;
