import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const prefix = 'bd_key_';
const randomLength = 26; // 26 base62 characters carry 155 bits
const checksumLength = 6; // 62^6 > 2^32
const format = new RegExp(`^${prefix}[0-9A-Za-z]{${randomLength + checksumLength}}$`);

/** A new key: `bd_key_`, 26 random base62 characters, and the CRC32 of them in 6 more. */
export function generateBearerKey(): string {
  const random = Array.from({ length: randomLength }, () => alphabet[randomInt(62)]).join('');
  return `${prefix}${random}${checksum(random)}`;
}

/** Refuses typos, and what a scanner takes for a key, without a query. */
export function isBearerKey(value: string): boolean {
  if (!format.test(value)) return false;
  const secret = value.slice(prefix.length);
  return checksum(secret.slice(0, randomLength)) === secret.slice(randomLength);
}

export function hashBearerKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Enough of a key to recognise it by, far too little to guess it: `bd_key_` and 4 characters. */
export function hintOf(key: string): string {
  return key.slice(0, prefix.length + 4);
}

function checksum(random: string): string {
  let value = crc32(random);
  let digits = '';
  for (let i = 0; i < checksumLength; i += 1) {
    digits = alphabet.charAt(value % 62) + digits;
    value = Math.floor(value / 62);
  }
  return digits;
}
