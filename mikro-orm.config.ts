import { readEnv } from './shared/env.ts';
import { ormOptions } from './shared/db/orm.ts';

/** For MikroORM's own command line (`npx mikro-orm ...`); the product migrates by `npm run migrate`. */
export default ormOptions({ databaseUrl: readEnv('migrate').DATABASE_URL, poolSize: 1 });
