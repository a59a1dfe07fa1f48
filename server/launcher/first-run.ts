import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
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
import type { DemoConnection } from './demo-shop.ts';
import { writeJsonAtomically } from './json-file.ts';

const FirstRun = z.object({
  url: z.string(),
  owner: z.object({ email: z.string(), password: z.string() }),
  organizationId: z.string(),
  apiKey: z.string(),
});

export type FirstRun = z.infer<typeof FirstRun>;

interface FirstRunOptions {
  readonly dataDir: string;
  readonly url: string;
  readonly email: string;
  readonly password: string | undefined;
  readonly sealer: Sealer;
  readonly jobs: Jobs;
  /** Called when there is something to fill: makes the demo's database. */
  readonly demo: (() => Promise<DemoConnection>) | undefined;
}

/**
 * Gives an empty installation its owner, an organization, a bearer key and the demo data source, and
 * writes `first-run.json` (0600). Null when there is an owner already. The file is written inside
 * the transaction, so whoever has an owner also has its password.
 */
export async function firstRun(
  em: EntityManager,
  options: FirstRunOptions,
): Promise<FirstRun | null> {
  if ((await em.count(User)) > 0) return null;
  const demo = await options.demo?.();
  const password = options.password ?? randomBytes(15).toString('base64url');
  const passwordHash = await hashPassword(password);
  return em.transactional(async (tx) => {
    const email = options.email.toLowerCase();
    const user = tx.create(User, { id: newId('user'), email, fullName: null, passwordHash });
    await tx.flush();
    const { sealer, jobs } = options;
    const principal = { userId: user.id };
    const ctx = { em: tx, sealer, jobs, clock: systemClock, origin: systemOrigin, principal };
    const organization = await createOrganization(ctx, {
      name: 'My organization',
      isBillable: true,
      skipOnboarding: false,
    });
    const orgId = organization.id;
    const { key } = await createApiKey(ctx, { orgId, name: 'First key' });
    if (demo) await createDataSource(ctx, demoInput(orgId, demo), { isDemo: true });
    const result = {
      url: options.url,
      owner: { email, password },
      organizationId: orgId,
      apiKey: key,
    };
    await writeJsonAtomically(path.join(options.dataDir, 'first-run.json'), result);
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
