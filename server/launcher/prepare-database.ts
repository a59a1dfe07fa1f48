import path from 'node:path';
import { createOrm } from '../../shared/db/orm.ts';
import { readKey, type LauncherEnv } from '../../shared/env.ts';
import { createSendingBoss } from '../../shared/jobs/boss.ts';
import { createJobs } from '../../shared/jobs/client.ts';
import { createSealer } from '../../shared/vault/seal.ts';
import { migrate } from '../migrate.ts';
import { writeJsonAtomically } from './data-folder.ts';
import { makeDemoShop } from './demo-shop.ts';
import { firstRun, hasOwner, type FirstRun } from './first-run.ts';
import type { KeyFiles } from './keys.ts';
import { notePrepared } from './prepared.ts';

export interface Installation {
  readonly dataDir: string;
  readonly url: string;
  readonly keys: KeyFiles;
  readonly databaseUrl: string;
  /** Of the embedded server; absent when the database is somebody else's. */
  readonly superuserUrl: string | undefined;
  readonly code: string;
}

/**
 * Brings the database to this version and gives an empty installation its owner, who is answered.
 * Loads a great deal of code, so it is imported only when `isPrepared` does not say that it is done.
 */
export async function prepareDatabase(
  env: LauncherEnv,
  at: Installation,
): Promise<FirstRun | null> {
  await migrate({ databaseUrl: at.databaseUrl });
  const first = await initialise(env, at);
  await notePrepared(at.databaseUrl, at.code);
  return first;
}

async function initialise(env: LauncherEnv, at: Installation): Promise<FirstRun | null> {
  const orm = createOrm({ databaseUrl: at.databaseUrl, poolSize: 2 });
  const boss = createSendingBoss(at.databaseUrl);
  const jobs = createJobs(boss);
  const sealer = await createSealer(readKey('VAULT_PUBLIC_KEY_FILE', at.keys.vaultPublicKey));
  const { superuserUrl } = at;
  try {
    if (await hasOwner(orm.em.fork())) return null;
    await boss.start();
    return await firstRun(orm.em.fork(), {
      email: env.BASEKEEP_OWNER_EMAIL,
      password: env.BASEKEEP_OWNER_PASSWORD,
      announce: (result) =>
        writeJsonAtomically(path.join(at.dataDir, 'first-run.json'), { url: at.url, ...result }),
      ...(superuserUrl === undefined
        ? {}
        : { demo: { sealer, jobs, open: () => makeDemoShop(superuserUrl) } }),
    });
  } finally {
    await boss.stop({ graceful: false });
    await orm.close(true);
  }
}
