import { readEnv } from '../../shared/env.ts';
import { makeKeys } from './keys.ts';

/** For installations with a PostgreSQL of their own: makes the missing keys where the variables say. */
const env = readEnv('keys');
await makeKeys({
  vaultPublicKey: env.VAULT_PUBLIC_KEY_FILE,
  vaultPrivateKey: env.VAULT_PRIVATE_KEY_FILE,
  tokenSigningKey: env.TOKEN_SIGNING_KEY_FILE,
  apiSecret: env.API_SECRET_FILE,
});
