import { isIP } from 'node:net';
import { z } from 'zod';
import { environments } from '../../../shared/environments.ts';
import { Id } from '../../../shared/ids.ts';
import { text } from '../../../shared/text.ts';

import { permissions, scopes } from '../../identity/permissions.ts';
import { fullAccess } from '../../identity/principal.ts';

const Cidr = text({ max: 50 }).refine((value) => {
  const [address = '', bits = ''] = value.split('/');
  const family = isIP(address);
  return family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32);
}, 'Must be a network in CIDR form');

const Name = text({ min: 1, max: 120 });
const Scopes = z
  .array(z.enum(scopes))
  .min(1)
  .max(scopes.length)
  .transform((given) => [...new Set(given)]);
const Moment = z.iso.datetime({ offset: true });

export const CreateApiKey = z.strictObject({
  orgId: Id,
  name: Name,
  /** A bearer key acts for its user in every organization; a pair in this one alone. */
  kind: z.enum(['bearer', 'pair']).default('bearer'),
  /** Of a pair: the data sources it may touch. */
  environment: z.enum(environments).default('live'),
  scopes: Scopes.default([fullAccess]),
  allowedCidrs: z.array(Cidr).max(50).default([]),
  /** After this moment the key is refused. Never, when absent. */
  expiresAt: Moment.optional(),
});

export const ApiKeyRef = z.strictObject({ orgId: Id, id: Id });

export const UpdateApiKey = z.strictObject({
  orgId: Id,
  id: Id,
  name: Name.optional(),
  scopes: Scopes.optional(),
  allowedCidrs: z.array(Cidr).max(50).optional(),
  active: z.boolean().optional(),
});

export const RotateApiKey = z.strictObject({
  orgId: Id,
  id: Id,
  /** How long the old key is still taken, in seconds; a week at most. */
  overlapSeconds: z.int().min(0).max(604_800).default(0),
});

export const GetUsage = z.strictObject({
  orgId: Id,
  id: Id,
  /** How many days back, today included; counts are kept for 90. */
  days: z.int().min(1).max(90).default(30),
});

export const Usage = z
  .object({
    id: z.string(),
    lastUsedAt: z.iso.datetime().nullable(),
    totalCount: z.int(),
    /** Newest day first, days in UTC. */
    usage: z.array(z.object({ date: z.iso.date(), route: z.string(), count: z.int() })),
  })
  .meta({ id: 'ApiKeyUsage' });

export const ApiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(['bearer', 'pair']),
    /** The first characters of the key, to recognise it by; the whole public key of a pair. */
    hint: z.string(),
    environment: z.enum(environments),
    scopes: z.array(z.enum(scopes)),
    allowedCidrs: z.array(z.string()),
    userId: z.string(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable(),
    lastUsedAt: z.iso.datetime().nullable(),
    deactivatedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ApiKey' });

/** A key, and what it may do in the organization whose list this is: it may be in more. */
export const ListedApiKey = ApiKey.extend({
  permissions: z.array(z.enum(permissions)).meta({
    description:
      "What its scopes and its user's role allow together, now: nothing when it is deactivated or expired, or its user has left.",
  }),
}).meta({ id: 'ListedApiKey' });

/** `key` (and `secret` of a pair) in full: shown in this answer and never again. */
export const CreatedApiKey = ApiKey.extend({
  key: z.string(),
  secret: z.string().optional(),
}).meta({ id: 'CreatedApiKey' });

export type CreateApiKey = z.input<typeof CreateApiKey>;
export type ApiKeyRef = z.infer<typeof ApiKeyRef>;
export type UpdateApiKey = z.infer<typeof UpdateApiKey>;
export type RotateApiKey = z.infer<typeof RotateApiKey>;
export type GetUsage = z.infer<typeof GetUsage>;
export type Usage = z.infer<typeof Usage>;
export type ApiKey = z.infer<typeof ApiKey>;
export type ListedApiKey = z.infer<typeof ListedApiKey>;
export type CreatedApiKey = z.infer<typeof CreatedApiKey>;
