import { createPrivateKey } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import ssh2 from 'ssh2';
import { z } from 'zod';

/** The thread that decrypts one private key, and says nothing but the key or what is wrong with it. */
const { text, passphrase } = z
  .object({ text: z.string(), passphrase: z.string() })
  .parse(workerData);

parentPort?.postMessage(decrypt());

function decrypt(): object {
  try {
    const key = text.startsWith('-----BEGIN OPENSSH ') ? decryptOpenSsh() : text;
    if (key === null) return { failure: 'SSH_PASSPHRASE_INVALID' };
    return { key: createPrivateKey({ key, passphrase }) };
  } catch {
    // OpenSSL tells a wrong passphrase by what comes out of it not being a key.
    return { failure: 'SSH_PASSPHRASE_INVALID' };
  }
}

function decryptOpenSsh(): string | null {
  const key = ssh2.utils.parseKey(text, passphrase);
  return key instanceof Error ? null : key.getPrivatePEM();
}
