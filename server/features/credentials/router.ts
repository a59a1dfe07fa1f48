import { pageOf } from '../../paging/paging.ts';
import { organizationProcedure, router } from '../../trpc.ts';
import {
  Credential,
  CredentialRef,
  ListCredentials,
  RevealCredential,
  RevealedCredential,
  RevealPolicy,
  RevealPolicyRef,
  SetRevealPolicy,
} from './contract.ts';
import { getCredential, listCredentials } from './read-credentials.ts';
import { revealCredential } from './reveal-credential.ts';
import { getRevealPolicy, setRevealPolicy } from './reveal-policy.ts';

const tag = 'Credentials';

export const credentials = router({
  list: organizationProcedure
    .meta({
      summary: 'List masked credentials',
      permission: 'credentials:read',
      rest: { v1: 'GET /credentials', keyed: 'GET /credentials' },
      tag,
    })
    .input(ListCredentials)
    .output(pageOf(Credential))
    .query(({ ctx, input }) => listCredentials(ctx, input)),

  reveal: organizationProcedure
    .meta({
      summary: 'See a credential in clear',
      permission: 'credentials:reveal',
      rest: { v1: 'POST /credentials/{id}/reveal' },
      tag,
    })
    .input(RevealCredential)
    .output(RevealedCredential)
    .mutation(({ ctx, input }) => revealCredential(ctx, input)),

  getRevealPolicy: organizationProcedure
    .meta({
      summary: 'Who may see credentials in clear',
      permission: 'credentials:read',
      rest: { v1: 'GET /credentials/reveal-policy' },
      showsETag: true,
      tag,
    })
    .input(RevealPolicyRef)
    .output(RevealPolicy)
    .query(({ ctx, input }) => getRevealPolicy(ctx, input.orgId)),

  setRevealPolicy: organizationProcedure
    .meta({
      summary: 'Change who may see credentials in clear',
      permission: 'organizations:write',
      rest: { v1: 'PUT /credentials/reveal-policy' },
      showsETag: true,
      takesIfMatch: true,
      tag,
    })
    .input(SetRevealPolicy)
    .output(RevealPolicy)
    .mutation(({ ctx, input }) => setRevealPolicy(ctx, input)),

  // Behind the policy, whose path is one of these, too, to who does not know it.
  get: organizationProcedure
    .meta({
      summary: 'Get a masked credential',
      permission: 'credentials:read',
      rest: { v1: 'GET /credentials/{id}', keyed: 'GET /credentials/{id}' },
      showsETag: true,
      tag,
    })
    .input(CredentialRef)
    .output(Credential)
    .query(({ ctx, input }) => getCredential(ctx, input)),
});
