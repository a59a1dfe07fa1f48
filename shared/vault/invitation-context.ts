import type { SealContext } from './envelope.ts';

interface Place {
  readonly organizationId: string;
  readonly invitationId: string;
  readonly email: string;
}

/** Where the token of an invitation belongs: it opens for the address it was made for and no other. */
export function invitationContext({ organizationId, invitationId, email }: Place): SealContext {
  return {
    organizationId,
    ownerType: 'invitation',
    ownerId: invitationId,
    field: 'token',
    version: 1,
    destination: `mailto:${email}`,
  };
}
