import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CallerContext } from '../../../server/context.ts';
import { createDataSource } from '../../../server/features/data-sources/create-data-source.ts';
import { actingAs } from '../../../server/identity/principal.ts';
import { keyFilesIn, makeKeys, type KeyFiles } from '../../../server/launcher/keys.ts';
import { systemOrigin } from '../../../shared/audit/events.ts';
import { systemClock } from '../../../shared/clock.ts';
import { Organization } from '../../../shared/db/entities/organization.entity.ts';
import { createOrm, type Orm } from '../../../shared/db/orm.ts';
import { readKey } from '../../../shared/env.ts';
import { newId } from '../../../shared/ids.ts';
import { createSendingBoss } from '../../../shared/jobs/boss.ts';
import { createJobs } from '../../../shared/jobs/client.ts';
import { createSealer } from '../../../shared/vault/seal.ts';

/** What a use case of the API gets. */
export type UseCaseContext = Pick<CallerContext, 'em' | 'sealer' | 'jobs' | 'clock' | 'origin'> & {
  readonly principal: ReturnType<typeof actingAs>;
  readonly request: { readonly ifMatch: null };
};

export interface SourceOptions {
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  readonly databaseName?: string;
  readonly isDemo?: boolean;
}

/** Keys, services and an organization on a migrated database. */
export interface OpenedInstallation {
  readonly organizationId: string;
  readonly keys: KeyFiles;
  readonly workerEnv: Record<string, string>;
  api(): UseCaseContext;
  close(): Promise<void>;
}

/** An installation outside of hooks: the caller closes it. */
export async function openInstallation(databaseUrl: string): Promise<OpenedInstallation> {
  const folder = await mkdtemp(path.join(tmpdir(), 'basekeep-keys-'));
  const keys = keyFilesIn(folder);
  await makeKeys(keys);
  const orm = createOrm({ databaseUrl, poolSize: 8 });
  const boss = createSendingBoss(databaseUrl);
  boss.on('error', () => undefined);
  await boss.start();
  const services = {
    sealer: await createSealer(readKey('VAULT_PUBLIC_KEY_FILE', keys.vaultPublicKey)),
    jobs: createJobs(boss),
    clock: systemClock,
    origin: systemOrigin,
    principal: actingAs('usr_nobody'),
    request: { ifMatch: null } as const,
  };
  return {
    organizationId: await createOrganization(orm),
    keys,
    workerEnv: {
      DATABASE_URL: databaseUrl,
      VAULT_PUBLIC_KEY_FILE: keys.vaultPublicKey,
      VAULT_PRIVATE_KEY_FILE: keys.vaultPrivateKey,
      EGRESS_PRIVATE: 'true',
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    },
    api: () => ({ ...services, em: orm.em.fork() }),
    async close() {
      await boss.stop({ graceful: false });
      await orm.close(true);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function createOrganization(orm: Orm): Promise<string> {
  const em = orm.em.fork();
  const id = newId('organization');
  em.create(Organization, {
    id,
    name: 'Test',
    slug: id,
    customAiContext: null,
    trialEndsAt: null,
  });
  await em.flush();
  return id;
}

/** A data source with a sealed password, and what its creation sends. */
export async function createSource(
  installation: OpenedInstallation,
  { isDemo = false, ...connection }: SourceOptions = {},
): Promise<string> {
  const source = await createDataSource(
    installation.api(),
    {
      orgId: installation.organizationId,
      type: 'direct',
      dialect: 'POSTGRES',
      displayName: 'Shop',
      host: 'db.example.com',
      port: 5432,
      username: 'reader',
      password: 'not a secret',
      databaseName: 'shop',
      sslEnabled: false,
      sshEnabled: false,
      ...connection,
    },
    { isDemo },
  );
  return source.id;
}
