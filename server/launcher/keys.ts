import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { access, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomically } from './json-file.ts';

export interface KeyFiles {
  readonly vaultPublicKey: string;
  readonly vaultPrivateKey: string;
  readonly tokenSigningKey: string;
  readonly apiSecret: string;
}

export function keyFilesIn(folder: string): KeyFiles {
  return {
    vaultPublicKey: path.join(folder, 'vault-public-key'),
    vaultPrivateKey: path.join(folder, 'vault-private-key'),
    tokenSigningKey: path.join(folder, 'token-signing-key.pem'),
    apiSecret: path.join(folder, 'api-secret'),
  };
}

/**
 * Makes the keys that are missing and leaves those that exist alone, each file 0600. A lost private
 * key is not replaced: everything sealed with its public key would be lost without a word.
 */
export async function makeKeys(files: KeyFiles): Promise<void> {
  for (const file of Object.values(files))
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await makeVaultKeys(files);
  if (!(await exists(files.tokenSigningKey))) {
    const { privateKey } = generateKeyPairSync('ed25519');
    await writeFileAtomically(
      files.tokenSigningKey,
      String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    );
  }
  if (!(await exists(files.apiSecret)))
    await writeFileAtomically(files.apiSecret, line(randomBytes(32)));
}

async function makeVaultKeys({ vaultPublicKey, vaultPrivateKey }: KeyFiles): Promise<void> {
  const hasPublic = await exists(vaultPublicKey);
  const hasPrivate = await exists(vaultPrivateKey);
  if (hasPublic && !hasPrivate) {
    throw new Error(
      `The vault's private key ${vaultPrivateKey} is missing: restore it from a backup.`,
    );
  }
  if (hasPublic) return;
  // Loaded once in the life of an installation.
  const { default: sodium } = await import('libsodium-wrappers');
  await sodium.ready;
  // The private key first: a crash in between leaves a pair that was never used.
  const pair = sodium.crypto_box_keypair();
  await writeFileAtomically(vaultPrivateKey, line(pair.privateKey));
  await writeFileAtomically(vaultPublicKey, line(pair.publicKey));
}

const line = (key: Uint8Array): string => `${Buffer.from(key).toString('base64')}\n`;

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
