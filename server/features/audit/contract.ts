import { z } from 'zod';
import { Id } from '../../../shared/ids.ts';
import { text } from '../../../shared/text.ts';
import { pageInput } from '../../paging/paging.ts';

const Moment = z.iso.datetime({ offset: true });

export const ListAuditEvents = z.strictObject({
  orgId: Id,
  ...pageInput,
  /** The id of the user or key that acted. */
  actor: Id.optional(),
  /** As in `data_source.created`. */
  action: text({ min: 1, max: 100 }).optional(),
  /** The id of what was acted on. */
  target: Id.optional(),
  /** From this moment on. */
  from: Moment.optional(),
  /** Before this moment. */
  to: Moment.optional(),
});

export const ExportAuditEvents = z.strictObject({ orgId: Id });

export const AuditEvent = z
  .object({
    id: z.string(),
    /** Its place in the organization's chain, from 1, without gaps. */
    sequence: z.int(),
    occurredAt: z.iso.datetime(),
    action: z.string(),
    actorType: z.enum(['user', 'api_key', 'system']),
    actorId: z.string().nullable(),
    targetType: z.string(),
    targetId: z.string(),
    requestId: z.string().nullable(),
    address: z.string().nullable(),
    userAgent: z.string().nullable(),
    /** Why, where the actor had to say so or the system had a reason. */
    reason: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEvent' });

/** Text, as it comes: see chain-line.ts. */
export const AuditLines = z.custom<AsyncIterable<string>>(
  (value) => typeof value === 'object' && value !== null && Symbol.asyncIterator in value,
);

export type ListAuditEvents = z.infer<typeof ListAuditEvents>;
export type AuditEvent = z.infer<typeof AuditEvent>;
