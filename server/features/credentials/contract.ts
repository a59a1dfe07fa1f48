import { z } from 'zod';
import { forEachSecret } from '../../../shared/connection.ts';
import { revealPolicies } from '../../../shared/db/entities/organization.entity.ts';
import { DialectSchema } from '../../../shared/dialects.ts';
import { Id } from '../../../shared/ids.ts';
import { text } from '../../../shared/text.ts';
import { pageInput } from '../../paging/paging.ts';

export const ListCredentials = z.strictObject({ orgId: Id, ...pageInput });

export const CredentialRef = z.strictObject({ orgId: Id, id: Id });

export const RevealCredential = z.strictObject({
  orgId: Id,
  id: Id,
  /** Why, for those who read the audit trail. */
  reason: text({ max: 500 }).trim().min(1),
});

export const RevealPolicyRef = z.strictObject({ orgId: Id });
export const SetRevealPolicy = z.strictObject({ orgId: Id, policy: z.enum(revealPolicies) });

const Time = z.iso.datetime();
const textOrNull = z.string().nullable();

/** What may be known of a secret without opening it: nulls while it is not set. */
const SecretState = z
  .object({
    isSet: z.boolean(),
    version: z.int().nullable(),
    updatedAt: Time.nullable(),
  })
  .meta({ id: 'SecretState' });

/** How a data source is connected to, every secret masked. */
export const Credential = z
  .object({
    id: z.string(),
    name: z.string(),
    dataSourceId: z.string(),
    dialect: DialectSchema,
    username: textOrNull,
    host: textOrNull,
    port: z.number().nullable(),
    databaseName: textOrNull,
    /** As the database's own tools take it; null where there is no such form. */
    uri: textOrNull,
    secrets: z.object(forEachSecret(() => SecretState)),
    lastRevealedAt: Time.nullable(),
  })
  .meta({ id: 'Credential' });

/** The secrets that are set, in clear. */
export const RevealedCredential = z
  .object({
    uri: textOrNull,
    secrets: z.object(forEachSecret(() => z.string().optional())),
    /** By when whoever shows it should have stopped. */
    expiresAt: Time,
  })
  .meta({ id: 'RevealedCredential' });

export const RevealPolicy = z
  .object({ policy: z.enum(revealPolicies) })
  .meta({ id: 'RevealPolicy' });

export type ListCredentials = z.infer<typeof ListCredentials>;
export type CredentialRef = z.infer<typeof CredentialRef>;
export type RevealCredential = z.infer<typeof RevealCredential>;
export type SetRevealPolicy = z.infer<typeof SetRevealPolicy>;
export type Credential = z.infer<typeof Credential>;
export type RevealedCredential = z.infer<typeof RevealedCredential>;
