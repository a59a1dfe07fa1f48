import { systemOrigin } from '../../../shared/audit/events.ts';
import { systemClock } from '../../../shared/clock.ts';
import { User } from '../../../shared/db/entities/user.entity.ts';
import { createOrm } from '../../../shared/db/orm.ts';
import { newId } from '../../../shared/ids.ts';
import { createApiKey } from '../../../server/features/api-keys/create-api-key.ts';
import { hashPassword } from '../../../server/identity/password.ts';
import { actingAs } from '../../../server/identity/principal.ts';
import { createOrganization } from '../../../server/features/organizations/create-organization.ts';
import { startEmbeddedPostgres } from '../../../server/launcher/embedded-postgres.ts';
import { migrate } from '../../../server/migrate.ts';
import { makePostgresFolder, removePostgresFolder } from '../../support/folders/postgres-folder.ts';
import { makeKeyFolder, runApi, runWorker } from '../../support/processes/processes.ts';

/** A PostgreSQL that writes down all it is told, as a careless operator would set it up. */
const talkative = {
  fsync: 'off',
  log_statement: 'all',
  log_min_duration_statement: '0',
  log_min_error_statement: 'debug5',
  log_min_messages: 'debug1',
  log_error_verbosity: 'verbose',
  log_parameter_max_length: '-1',
  log_parameter_max_length_on_error: '-1',
  wal_level: 'logical',
  wal_compression: 'off',
};

/** The whole product as its processes, on a PostgreSQL of its own. */
export async function startProduct() {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closeOne of closing.reverse()) await closeOne();
  };
  try {
    const dataDir = await makePostgresFolder();
    closing.push(() => removePostgresFolder(dataDir));
    const postgres = await startEmbeddedPostgres({ dataDir, settings: talkative });
    closing.push(() => postgres.stop());
    await migrate({ databaseUrl: postgres.url });
    const keys = await makeKeyFolder();
    closing.push(() => keys.remove());
    const options = { databaseUrl: postgres.url, keys, logLevel: 'debug' };
    const api = await runApi(options);
    closing.push(() => api.end());
    const worker = await runWorker(options);
    closing.push(() => worker.end());
    return { dataDir, postgres, api, worker, close, ...(await makeOwner(postgres.url)) };
  } catch (error) {
    await close();
    throw error;
  }
}

export type Product = Awaited<ReturnType<typeof startProduct>>;

/** What the owner signs in with. */
export const owner = { email: 'owner@x.test', password: 'the password of the owner' };

async function makeOwner(databaseUrl: string): Promise<{ orgId: string; key: string }> {
  const orm = createOrm({ databaseUrl, poolSize: 1 });
  try {
    const em = orm.em.fork();
    const userId = newId('user');
    const passwordHash = await hashPassword(owner.password);
    em.create(User, { id: userId, email: owner.email, fullName: null, passwordHash });
    await em.flush();
    const ctx = { em, clock: systemClock, origin: systemOrigin, principal: actingAs(userId) };
    const settings = { name: 'Canaries', isBillable: true, skipOnboarding: false };
    const { id: orgId } = await createOrganization(ctx, settings);
    const { key } = await createApiKey(ctx, { orgId, name: 'test' });
    return { orgId, key };
  } finally {
    await orm.close(true);
  }
}
