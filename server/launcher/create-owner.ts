import { createOrm } from '../../shared/db/orm.ts';
import { readEnv } from '../../shared/env.ts';
import { firstRun } from './first-run.ts';

/** For installations with a PostgreSQL of their own: the first owner, printed as JSON, once. */
const env = readEnv('owner');
const orm = createOrm({ databaseUrl: env.DATABASE_URL, poolSize: 1 });
try {
  const result = await firstRun(orm.em.fork(), {
    email: env.BASEKEEP_OWNER_EMAIL,
    password: env.BASEKEEP_OWNER_PASSWORD,
    announce: async (first) => void process.stdout.write(`${JSON.stringify(first, null, 2)}\n`),
  });
  if (!result) {
    process.stderr.write('This installation has an owner already.\n');
    process.exitCode = 1;
  }
} finally {
  await orm.close(true);
}
