import { createOrm } from '../shared/db/orm.ts';
import { EnvError, readEnv } from '../shared/env.ts';
import { heldKeys } from './vault/held-keys.ts';
import { rotateVaultKey } from './vault/rotate-vault-key.ts';

// `npm run vault:rotate`: from the key in VAULT_OTHER_PRIVATE_KEY_FILE to the pair in
// VAULT_PUBLIC_KEY_FILE and VAULT_PRIVATE_KEY_FILE. See README.md, "Changing the vault's key".
try {
  const env = readEnv('vault');
  const { active: to, other: from } = await heldKeys(env);
  if (!from) {
    throw new EnvError('The environment variable VAULT_OTHER_PRIVATE_KEY_FILE is required.');
  }
  const orm = createOrm({ databaseUrl: env.DATABASE_URL, poolSize: 2 });
  try {
    const { rewrapped, left } = await rotateVaultKey(orm.em.fork(), { from, to });
    process.stdout.write(
      `${rewrapped} secrets were wrapped for the new key; ${left} are still sealed for another.\n`,
    );
    if (left > 0) process.exitCode = 2;
  } finally {
    await orm.close(true);
  }
} catch (error) {
  if (!(error instanceof EnvError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
