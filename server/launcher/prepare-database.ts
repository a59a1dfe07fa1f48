import path from 'node:path';
import { createOrm } from '../../shared/db/orm.ts';
import { readKey, type LauncherEnv } from '../../shared/env.ts';
import { createSendingBoss } from '../../shared/jobs/boss.ts';
import { createJobs } from '../../shared/jobs/client.ts';
import { createSealer } from '../../shared/vault/seal.ts';
import { migrate } from '../migrate.ts';
import { openControlDatabase } from './control-database.ts';
import { writeJsonAtomically } from './data-folder.ts';
import { makeDemoShop } from './demo-shop.ts';
import { firstRun, hasOwner, type FirstRun } from './first-run.ts';
import type { KeyFiles } from './keys.ts';
import { notePrepared } from './prepared.ts';

export interface Installation {
  readonly dataDir: string;
  readonly url: string;
  readonly keys: KeyFiles;
  readonly server: Server;
  readonly code: string;
}

/** The PostgreSQL of an installation: its database in somebody's server, or the embedded server. */
export type Server = { readonly databaseUrl: string } | { readonly superuserUrl: string };

export interface Prepared {
  readonly databaseUrl: string;
  /** Null when there was an owner already. */
  readonly first: FirstRun | null;
}

/**
 * Makes the database where it is missing, brings it to this version and gives an empty installation
 * its owner. Loads a great deal of code: imported only when `isPrepared` does not say that it is done.
 */
export async function prepareDatabase(env: LauncherEnv, at: Installation): Promise<Prepared> {
  const { server, dataDir } = at;
  const databaseUrl =
    'databaseUrl' in server
      ? server.databaseUrl
      : await openControlDatabase(server.superuserUrl, dataDir);
  await migrate({ databaseUrl });
  const first = await initialise(env, at, databaseUrl);
  await notePrepared(databaseUrl, at.code);
  return { databaseUrl, first };
}

async function initialise(
  env: LauncherEnv,
  at: Installation,
  databaseUrl: string,
): Promise<FirstRun | null> {
  const orm = createOrm({ databaseUrl, poolSize: 2 });
  const boss = createSendingBoss(databaseUrl);
  const jobs = createJobs(boss);
  const sealer = await createSealer(readKey('VAULT_PUBLIC_KEY_FILE', at.keys.vaultPublicKey));
  const { server } = at;
  try {
    if (await hasOwner(orm.em.fork())) return null;
    await boss.start();
    return await firstRun(orm.em.fork(), {
      email: env.BASEKEEP_OWNER_EMAIL,
      password: env.BASEKEEP_OWNER_PASSWORD,
      announce: (result) =>
        writeJsonAtomically(path.join(at.dataDir, 'first-run.json'), { url: at.url, ...result }),
      ...('superuserUrl' in server
        ? { demo: { sealer, jobs, open: () => makeDemoShop(server.superuserUrl) } }
        : {}),
    });
  } finally {
    await boss.stop({ graceful: false });
    await orm.close(true);
  }
}
