import type { Tag } from '../trpc.ts';

/** What the documents say of each group of operations. */
export const tagTexts: Readonly<Record<Tag, string>> = {
  Auth: 'Signing in with a password, sessions, and who the caller is.',
  Organizations: 'Tenants: everything else belongs to exactly one of them.',
  Members: 'Who belongs to an organization, with which role; invitations.',
  Projects: 'What groups may be made in.',
  Groups: 'Flat sets of members, and the tables that are managed in them.',
  'API keys': 'Bearer keys, and pairs of key and secret: scopes, expiry, rotation, usage.',
  'Data Sources': 'Connections to databases, who may use them, their syncs and their health.',
  Credentials: 'How data sources are connected to: masked, and in clear for whom policy lets.',
  Catalog:
    'Schemas, tables and columns of data sources: now, in the past, and what people say of them.',
  Webhooks:
    'Events told to URLs of yours, signed as Standard Webhooks; what became of each telling.',
  Backups:
    "Copies of what an organization has set up: never of its customers' data, never of a secret.",
  Audit: 'Who did what, when and from where, in a chain that shows tampering.',
};
