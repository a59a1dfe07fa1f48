import sodium from 'libsodium-wrappers';
import { EnvError, readKey, type WorkerEnv } from '../../shared/env.ts';
import type { KeyPair } from './open.ts';

type VaultEnv = Pick<
  WorkerEnv,
  'VAULT_PUBLIC_KEY_FILE' | 'VAULT_PRIVATE_KEY_FILE' | 'VAULT_OTHER_PRIVATE_KEY_FILE'
>;

interface HeldKeys {
  /** The pair that secrets are sealed for. */
  readonly active: KeyPair;
  /** The one that is coming or going while keys are being changed. */
  readonly other: KeyPair | null;
}

/** The vault's key pairs as the environment names them. Throws `EnvError` for what is no pair. */
export async function heldKeys(env: VaultEnv): Promise<HeldKeys> {
  await sodium.ready;
  const publicKey = readKey('VAULT_PUBLIC_KEY_FILE', env.VAULT_PUBLIC_KEY_FILE);
  const active = pairOf('VAULT_PRIVATE_KEY_FILE', env.VAULT_PRIVATE_KEY_FILE);
  if (!Buffer.from(active.publicKey).equals(publicKey)) {
    throw new EnvError(
      'The environment variable VAULT_PRIVATE_KEY_FILE holds a key that does not belong to the one in VAULT_PUBLIC_KEY_FILE.',
    );
  }
  const file = env.VAULT_OTHER_PRIVATE_KEY_FILE;
  const other = file === undefined ? null : pairOf('VAULT_OTHER_PRIVATE_KEY_FILE', file);
  return { active, other };
}

function pairOf(variable: string, file: string): KeyPair {
  const privateKey = readKey(variable, file);
  return { privateKey, publicKey: sodium.crypto_scalarmult_base(privateKey) };
}
