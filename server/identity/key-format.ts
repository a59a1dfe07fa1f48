import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Environment } from '../../shared/environments.ts';

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const base36 = '0123456789abcdefghijklmnopqrstuvwxyz';
const bearerPrefix = 'bd_key_';
const secretPrefix = 'bsk_secret_';
const randomLength = 26; // 26 base62 characters carry 155 bits
const checksumLength = 6; // 62^6 > 2^32
const tail = `[0-9A-Za-z]{${randomLength + checksumLength}}$`;
const bearerFormat = new RegExp(`^${bearerPrefix}${tail}`);
const secretFormat = new RegExp(`^${secretPrefix}${tail}`);
const publicIdFormat = /^bsk_(live|test)_[a-z0-9]{32}$/;

/** A new key: `bd_key_`, 26 random base62 characters, and the CRC32 of them in 6 more. */
export const generateBearerKey = (): string => withChecksum(bearerPrefix);

/** The secret of a pair, built like a bearer key under another prefix. */
export const generatePairSecret = (): string => withChecksum(secretPrefix);

/** The public half of a pair: `bsk_<live|test>_` and 32 lower-case letters and digits. */
export function generatePublicId(environment: Environment): string {
  return `bsk_${environment}_${randomText(base36, 32)}`;
}

/** Refuses typos, and what a scanner takes for a key, without a query. */
export const isBearerKey = (value: string): boolean => isWhole(value, bearerFormat, bearerPrefix);

export const isPairSecret = (value: string): boolean => isWhole(value, secretFormat, secretPrefix);

export const isPublicId = (value: string): boolean => publicIdFormat.test(value);

export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Enough of a key to recognise it by, far too little to guess it: `bd_key_` and 4 characters. */
export function hintOf(key: string): string {
  return key.slice(0, bearerPrefix.length + 4);
}

function withChecksum(prefix: string): string {
  const random = randomText(base62, randomLength);
  return `${prefix}${random}${checksum(random)}`;
}

function isWhole(value: string, format: RegExp, prefix: string): boolean {
  if (!format.test(value)) return false;
  const random = value.slice(prefix.length, prefix.length + randomLength);
  return checksum(random) === value.slice(prefix.length + randomLength);
}

function randomText(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}

function checksum(random: string): string {
  let value = crc32(random);
  let digits = '';
  for (let i = 0; i < checksumLength; i += 1) {
    digits = base62.charAt(value % 62) + digits;
    value = Math.floor(value / 62);
  }
  return digits;
}
