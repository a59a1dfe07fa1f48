import { randomBytes } from 'node:crypto';
import { systemOrigin } from '../../shared/audit/events.ts';
import { systemClock } from '../../shared/clock.ts';
import { User } from '../../shared/db/entities/user.entity.ts';
import type { EntityManager } from '../../shared/db/orm.ts';
import { newId } from '../../shared/ids.ts';
import type { Jobs } from '../../shared/jobs/client.ts';
import type { Sealer } from '../../shared/vault/seal.ts';
import { createApiKey } from '../features/api-keys/create-api-key.ts';
import { CreateDataSource } from '../features/data-sources/contract.ts';
import { createDataSource } from '../features/data-sources/create-data-source.ts';
import { createOrganization } from '../features/organizations/create-organization.ts';
import { hashPassword } from '../identity/password.ts';
import { actingAs } from '../identity/principal.ts';
import type { DemoConnection } from './demo-shop.ts';

/** What nobody can find out later: shown once. */
export interface FirstRun {
  readonly owner: { readonly email: string; readonly password: string };
  readonly organizationId: string;
  readonly apiKey: string;
}

interface FirstRunOptions {
  readonly email: string;
  /** One is made up when it is absent. */
  readonly password: string | undefined;
  /** Called inside the transaction, as its last step: whoever has an owner has seen its password. */
  readonly announce: (result: FirstRun) => Promise<void>;
  readonly demo?: {
    readonly sealer: Sealer;
    readonly jobs: Jobs;
    /** Makes the demo's database. */
    readonly open: () => Promise<DemoConnection>;
  };
}

/** Whether there is anybody at all; if so, the first run is over. */
export async function hasOwner(em: EntityManager): Promise<boolean> {
  return (await em.count(User)) > 0;
}

/**
 * Gives an empty installation its owner, an organization, a bearer key and, where there is a server
 * for it, the demo data source. Null, and nothing done, when there is an owner already.
 */
export async function firstRun(
  em: EntityManager,
  options: FirstRunOptions,
): Promise<FirstRun | null> {
  if (await hasOwner(em)) return null;
  const demo = options.demo && { ...options.demo, connection: await options.demo.open() };
  const password = options.password ?? randomBytes(15).toString('base64url');
  const passwordHash = await hashPassword(password);
  return em.transactional(async (tx) => {
    const email = options.email.toLowerCase();
    const user = tx.create(User, { id: newId('user'), email, fullName: null, passwordHash });
    await tx.flush();
    const principal = actingAs(user.id);
    const ctx = { em: tx, clock: systemClock, origin: systemOrigin, principal };
    const organization = await createOrganization(ctx, {
      name: 'My organization',
      isBillable: true,
      skipOnboarding: false,
    });
    const orgId = organization.id;
    const { key } = await createApiKey(ctx, { orgId, name: 'First key' });
    if (demo) {
      const input = demoInput(orgId, demo.connection);
      await createDataSource({ ...ctx, ...demo }, input, { isDemo: true });
    }
    const result = { owner: { email, password }, organizationId: orgId, apiKey: key };
    await options.announce(result);
    return result;
  });
}

function demoInput(orgId: string, demo: DemoConnection): CreateDataSource {
  return CreateDataSource.parse({
    orgId,
    type: 'direct',
    dialect: 'POSTGRES',
    displayName: 'Demo shop',
    description: 'A sample shop in the embedded PostgreSQL',
    ...demo,
    // Within one machine, over loopback.
    sslEnabled: false,
  });
}
