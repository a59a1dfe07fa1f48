import type { Environment } from '../../../shared/environments.ts';
import {
  generateBearerKey,
  generatePairSecret,
  generatePublicId,
  hashKey,
  hintOf,
} from '../../identity/key-format.ts';

/** What is shown once, and what is stored of it. */
interface NewSecret {
  readonly shown: { readonly key: string; readonly secret?: string };
  readonly hash: Buffer;
  readonly hint: string;
  readonly publicId: string | null;
}

export function newBearerSecret(): NewSecret {
  const key = generateBearerKey();
  return { shown: { key }, hash: hashKey(key), hint: hintOf(key), publicId: null };
}

/** A pair keeps its public half for life; a rotation changes the secret alone. */
export function newPairSecret(environment: Environment, kept?: string): NewSecret {
  const publicId = kept ?? generatePublicId(environment);
  const secret = generatePairSecret();
  return { shown: { key: publicId, secret }, hash: hashKey(secret), hint: publicId, publicId };
}
