import { createBasekeepClient } from '../../../server/client.ts';
import type { TestApi, TestTenant } from '../../support/api.ts';

export const password = 'correct horse battery';

let invited = 0;

/** An address that nobody has been invited by yet. */
export const newAddress = (): string => `person-${process.pid}-${(invited += 1)}@example.com`;

export const anonymous = (api: TestApi) => createBasekeepClient({ url: api.url, apiKey: 'none' });

/** Invites an address and answers the member and the token that it accepts with. */
export async function invite(
  api: TestApi,
  tenant: TestTenant,
  { email = newAddress(), role = 'MEMBER' }: { email?: string; role?: 'ADMIN' | 'MEMBER' } = {},
) {
  const member = await api.client(tenant).members.invite.mutate({
    orgId: tenant.orgId,
    email,
    role,
  });
  return { ...member, email, token: member.invitationToken ?? '' };
}

/** Somebody who was invited and has accepted, signed in. */
export async function joined(
  api: TestApi,
  tenant: TestTenant,
  options: { email?: string; role?: 'ADMIN' | 'MEMBER' } = {},
) {
  const { id, email, token } = await invite(api, tenant, options);
  const tokens = await anonymous(api).auth.acceptInvitation.mutate({ token, password });
  const client = api.client({ key: tokens.accessToken });
  const { user } = await client.auth.me.query({});
  return { memberId: id, email, userId: user.id, orgId: tenant.orgId, tokens, client };
}
