import { z } from 'zod';

/** The envelope of any answer that is a success. */
export const Envelope = z.strictObject({
  success: z.literal(true),
  data: z.unknown(),
  meta: z.strictObject({
    request_id: z.string().startsWith('req_'),
    pagination: z
      .strictObject({ next_cursor: z.string().nullable(), has_more: z.boolean() })
      .optional(),
  }),
  error: z.null(),
});

/** What is in the envelope, of any answer that is a success. */
export const dataOf = ({ body }: { body: unknown }): unknown => Envelope.parse(body).data;

const ErrorEnvelope = z.strictObject({
  success: z.literal(false),
  data: z.null(),
  meta: z.strictObject({ request_id: z.string().startsWith('req_') }),
  error: z.strictObject({
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
  }),
});

/** What is in the envelope of any answer that is a refusal, and its status. */
export const errorOf = ({ status, body }: { status: number; body: unknown }) => ({
  status,
  ...ErrorEnvelope.parse(body).error,
});
