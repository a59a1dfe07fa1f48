import { z } from 'zod';
import { ExplainedFailure } from '../../../shared/failures/connection-failures.ts';
import { Id } from '../../../shared/ids.ts';
import { ConnectionHealthStatus, ExplainedStep } from '../../../shared/probe.ts';
import { pageInput } from '../../paging/paging.ts';

const source = { orgId: Id, id: Id };

export const GetHealth = z.strictObject(source);

export const ListChecks = z.strictObject({
  ...source,
  status: ConnectionHealthStatus.optional(),
  ...pageInput,
});

export const ListIncidents = z.strictObject({ ...source, ...pageInput });

export const GetLatency = z.strictObject({
  ...source,
  by: z.enum(['hour', 'day']).default('hour'),
  /** How many periods back, the one that goes on included. */
  count: z.int().min(1).max(400).default(24),
});

/** One check: how it went, step by step. */
const check = {
  checkedAt: z.iso.datetime(),
  durationMs: z.number(),
  serverVersion: z.string().nullable(),
  failure: ExplainedFailure.nullable(),
  steps: z.array(ExplainedStep),
  /** Whole days until the server's TLS certificate ends; null without TLS. */
  certificateExpiresInDays: z.int().nullable(),
};

export const HealthCheck = z
  .object({ id: z.string(), status: ConnectionHealthStatus, ...check })
  .meta({ id: 'HealthCheck' });

/** One outage: from the first of its failed checks to the first good one after it. */
export const HealthIncident = z
  .object({
    id: z.string(),
    dataSourceId: z.string(),
    startedAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable().meta({ description: 'Null while it goes on.' }),
    cause: ExplainedFailure.meta({ description: 'What the check said that settled it.' }),
    /** The step of the check that failed; null when it did not get as far as its first. */
    step: ExplainedStep.shape.step.nullable(),
  })
  .meta({ id: 'HealthIncident' });

const Uptime = z
  .object({
    ratio: z.number().nullable().meta({
      description: 'Of the known time, the part outside of incidents; null when none is.',
    }),
    knownSeconds: z.number(),
    downSeconds: z.number(),
  })
  .meta({
    id: 'Uptime',
    description:
      'Weighted by time. A check tells the status until the next one, or, when none comes, for twice as long as the next one was to take, and two minutes. Time beyond that, and time of a pause, is not known and does not count.',
  });

const Milliseconds = z.number().nullable();

/** How long good checks took, by period, newest first. Periods without a check are left out. */
export const Latency = z
  .object({
    dataSourceId: z.string(),
    by: z.enum(['hour', 'day']),
    periods: z.array(
      z.object({
        startsAt: z.iso.datetime().meta({ description: 'Hours and days are those of UTC.' }),
        checks: z.int(),
        failed: z.int(),
        p50Ms: Milliseconds.meta({ description: 'Null when no check was good.' }),
        p95Ms: Milliseconds,
        p99Ms: Milliseconds,
      }),
    ),
  })
  .meta({ id: 'Latency' });

export const Health = z
  .object({
    dataSourceId: z.string(),
    status: ConnectionHealthStatus,
    lastHealthyAt: z.iso.datetime(),
    nextCheckAt: z.iso.datetime(),
    /** The SSH server's host key; null without a tunnel. */
    sshHostKey: z
      .object({
        trusted: z
          .string()
          .nullable()
          .meta({ description: 'On record; no other is trusted. Null before its first use.' }),
        shown: z
          .string()
          .nullable()
          .meta({ description: 'What the server showed to the latest check.' }),
      })
      .nullable(),
    /** The latest check; null until the first one has run. */
    lastCheck: z.object(check).nullable(),
    /** Failed checks, one after another, up to now; a single one is no outage yet. */
    failuresInARow: z.int(),
    /** The outage that goes on. */
    incident: HealthIncident.nullable(),
    /** While it is paused nothing is checked, and the status is that of before. */
    isPaused: z.boolean(),
    uptime: z.object({
      day: Uptime.meta({ description: 'The last 24 hours.' }),
      week: Uptime.meta({ description: 'The last 7 days.' }),
      month: Uptime.meta({ description: 'The last 30 days.' }),
    }),
  })
  .meta({ id: 'Health' });

export type Health = z.infer<typeof Health>;
export type HealthCheck = z.infer<typeof HealthCheck>;
export type HealthIncident = z.infer<typeof HealthIncident>;
export type ListChecks = z.infer<typeof ListChecks>;
export type ListIncidents = z.infer<typeof ListIncidents>;
export type GetLatency = z.infer<typeof GetLatency>;
export type Latency = z.infer<typeof Latency>;
