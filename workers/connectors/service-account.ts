import { createPrivateKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { ConnectionFailure } from './connector.ts';

/** Where assertions go, and the only place: what a pasted key says of it is the customer's text. */
export const tokenUri = 'https://oauth2.googleapis.com/token';

// As the Google Cloud console writes it: "Create and delete service account keys".
const KeyFile = z.object({
  type: z.literal('service_account'),
  client_email: z
    .string()
    .max(320)
    .regex(/^[a-z0-9._-]+@[a-z0-9.-]+$/i),
  private_key: z.string(),
  private_key_id: z.string().regex(/^[0-9a-f]{1,128}$/i),
  token_uri: z.literal(tokenUri),
  // Google's sovereign clouds have other hosts.
  universe_domain: z.literal('googleapis.com').optional(),
});

export interface ServiceAccount {
  readonly email: string;
  readonly keyId: string;
  readonly key: KeyObject;
}

/** Google makes keys of 2,048 bits and takes uploaded ones; signing with a huge one would take minutes. */
const maxKeyBits = 4_096;

/**
 * The service account of a JSON key as Google issues it. Throws CREDENTIALS_INVALID for anything else,
 * also for a key that names another token endpoint than Google's.
 */
export function parseServiceAccount(text: string): ServiceAccount {
  const file = KeyFile.safeParse(parseJson(text));
  if (!file.success) throw new ConnectionFailure('CREDENTIALS_INVALID');
  const { client_email, private_key, private_key_id } = file.data;
  return { email: client_email, keyId: private_key_id, key: parseKey(private_key) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw new ConnectionFailure('CREDENTIALS_INVALID');
  }
}

function parseKey(pem: string): KeyObject {
  const key = readKey(pem);
  const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key?.asymmetricKeyType !== 'rsa' || bits < 2_048 || bits > maxKeyBits) {
    throw new ConnectionFailure('CREDENTIALS_INVALID');
  }
  return key;
}

function readKey(pem: string): KeyObject | null {
  if (!pem.trimStart().startsWith('-----BEGIN PRIVATE KEY-----')) return null;
  try {
    return createPrivateKey({ key: pem, format: 'pem' });
  } catch {
    return null;
  }
}
