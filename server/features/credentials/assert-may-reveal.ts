import { AppError, notFound } from '../../../shared/errors.ts';
import { dataSourceIdOf } from '../../../shared/ids.ts';
import { recentSignInMs } from '../../../shared/reveal.ts';
import type { Role } from '../../../shared/roles.ts';
import type { CallerContext } from '../../context.ts';
import type { Limit } from '../../identity/limiter.ts';
import { usableDataSources } from '../../middleware/data-source-access.ts';
import { auditCredential } from './audit-credential.ts';
import type { RevealCredential } from './contract.ts';

type Needs = Pick<CallerContext, 'em' | 'clock' | 'origin' | 'principal' | 'limiter'> & {
  readonly role: Role;
};

/** A user, by whichever of its sessions. */
const revealLimit: Limit = { name: 'reveal', limit: 10, windowSeconds: 60 * 60 };

/** Why an attempt was denied, as the audit trail has it. */
type Denial = 'POLICY' | 'SIGN_IN' | 'RATE';

/**
 * Throws unless the caller may see the credential in clear, now: the organization's policy, a
 * sign-in of the last five minutes, ten an hour. Each denial is on record before it is told. Answers
 * the id of the data source.
 */
export async function assertMayReveal(ctx: Needs, input: RevealCredential): Promise<string> {
  const dataSourceId = dataSourceIdOf(input.id);
  const policy = await policyOf(ctx, input.orgId, dataSourceId);
  if (policy === 'never' || ctx.role !== 'ADMIN') {
    const text = "The organization's policy does not let you reveal credentials";
    throw await denied(ctx, input, 'POLICY', new AppError('FORBIDDEN', text));
  }
  if (!hasSignedIn(ctx)) {
    const text = 'Sign in again: credentials are revealed within 5 minutes of a sign-in only';
    throw await denied(ctx, input, 'SIGN_IN', new AppError('REAUTHENTICATION_REQUIRED', text));
  }
  try {
    await ctx.limiter.take(revealLimit, ctx.principal.userId);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw await denied(ctx, input, 'RATE', error);
  }
  return dataSourceId;
}

async function policyOf({ em, principal }: Needs, orgId: string, dataSourceId: string) {
  const row = await em
    .getKysely()
    .selectFrom('data_source')
    .innerJoin('organization', 'organization.id', 'data_source.organization_id')
    .select('organization.reveal_policy')
    .where('data_source.id', '=', dataSourceId)
    .where('data_source.organization_id', '=', orgId)
    .where('data_source.deleted_at', 'is', null)
    .where(usableDataSources(principal))
    .executeTakeFirst();
  if (!row) throw notFound('Credential');
  return row.reveal_policy;
}

/** A key types no password: it never has, whatever its scopes. */
function hasSignedIn({ principal, clock }: Needs): boolean {
  const { signedInAtMs } = principal;
  return signedInAtMs !== null && clock.now().getTime() - signedInAtMs <= recentSignInMs;
}

async function denied(
  ctx: Needs,
  input: RevealCredential,
  cause: Denial,
  error: AppError,
): Promise<AppError> {
  await ctx.em
    .fork()
    .transactional((em) => auditCredential(em, ctx, input, 'credential.reveal_denied', { cause }));
  return error;
}
