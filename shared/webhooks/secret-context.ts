import type { SealContext } from '../vault/envelope.ts';

interface Place {
  readonly organizationId: string;
  readonly webhookId: string;
  readonly version: number;
}

/** Where a signing secret belongs. It goes nowhere: what is sent is what it signs. */
export function webhookSecretContext({ organizationId, webhookId, version }: Place): SealContext {
  return {
    organizationId,
    ownerType: 'webhook',
    ownerId: webhookId,
    field: 'signingSecret',
    version,
    destination: 'hmac-sha256',
  };
}
