import { z } from 'zod';
import { ExplainedFailure } from '../../../shared/connection-failures.ts';
import { Id } from '../../../shared/ids.ts';
import { ConnectionHealthStatus, ExplainedStep } from '../../../shared/probe.ts';

export const GetHealth = z.strictObject({ orgId: Id, id: Id });

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
    lastCheck: z
      .object({
        checkedAt: z.iso.datetime(),
        durationMs: z.number(),
        serverVersion: z.string().nullable(),
        failure: ExplainedFailure.nullable(),
        steps: z.array(ExplainedStep),
        /** Whole days until the server's TLS certificate ends; null without TLS. */
        certificateExpiresInDays: z.int().nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'Health' });

export type Health = z.infer<typeof Health>;
