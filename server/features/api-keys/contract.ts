import { z } from 'zod';
import { Id } from '../../../shared/ids.ts';
import { text } from '../../../shared/text.ts';

export const CreateApiKey = z.strictObject({
  orgId: Id,
  name: text({ min: 1, max: 120 }),
  /** After this moment the key is refused. Never, when absent. */
  expiresAt: z.iso.datetime({ offset: true }).optional(),
});

export const ApiKeyRef = z.strictObject({ orgId: Id, id: Id });

export const ApiKey = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.literal('bearer'),
  /** The first characters of the key, to recognise it by. */
  hint: z.string(),
  userId: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  deactivatedAt: z.iso.datetime().nullable(),
});

/** `key` is the whole key: shown in this answer and never again. */
export const CreatedApiKey = ApiKey.extend({ key: z.string() });

export type CreateApiKey = z.infer<typeof CreateApiKey>;
export type ApiKeyRef = z.infer<typeof ApiKeyRef>;
export type ApiKey = z.infer<typeof ApiKey>;
export type CreatedApiKey = z.infer<typeof CreatedApiKey>;
