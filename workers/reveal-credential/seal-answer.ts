import sodium from 'libsodium-wrappers';
import type { RevealAnswer } from '../../shared/reveal.ts';

await sodium.ready;

/** Seals what is revealed to a request's one-time key: who asked can open it, once, and nobody else. */
export function sealAnswer(answer: RevealAnswer, publicKey: string): Buffer {
  const message = Buffer.from(JSON.stringify(answer), 'utf8');
  try {
    return Buffer.from(sodium.crypto_box_seal(message, Buffer.from(publicKey, 'base64')));
  } finally {
    sodium.memzero(message);
  }
}
