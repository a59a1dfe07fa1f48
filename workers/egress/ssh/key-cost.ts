/**
 * Whether decrypting an encrypted PKCS#8 key would take more work than any tool asks for. OpenSSL
 * cannot be interrupted, also not by ending its thread, so the file's word is read before it is
 * followed: PBKDF2 rounds up to 10 million (about 5 s; OpenSSL's default is 2,048), scrypt up to
 * N * r * p = 2^20 (about 3 s; the default is 2^17).
 * Keys in OpenSSH's format are decrypted in JavaScript, which ends with its thread.
 */
export function costsTooMuch(text: string): boolean {
  const body = /^-----BEGIN ENCRYPTED PRIVATE KEY-----([^-]*)-----END/.exec(text)?.[1];
  if (body === undefined) return false;
  const bytes = Buffer.from(body, 'base64');
  const numbers = integersIn(algorithmOf(bytes));
  if (numbers === null) return true;
  const scrypt = bytes.includes(scryptId);
  const most = Math.max(1, ...numbers);
  return scrypt ? numbers.reduce((product, n) => product * n, 1) > maxScrypt : most > maxRounds;
}

const maxRounds = 10_000_000;
// The optional key length, at most 64, is among the numbers that are multiplied.
const maxScrypt = 2 ** 20 * 64;
// RFC 7914, section 7: 1.3.6.1.4.1.11591.4.11, DER.
const scryptId = Buffer.from('2b06010401da47040b', 'hex');

const tag = { integer: 0x02, sequence: 0x30 } as const;

/** RFC 5958: EncryptedPrivateKeyInfo is a sequence that begins with the algorithm's sequence. */
function algorithmOf(bytes: Buffer): Buffer | null {
  const whole = elementsOf(bytes)?.[0];
  const algorithm = whole && elementsOf(whole.value)?.[0];
  return algorithm?.tag === tag.sequence ? algorithm.value : null;
}

/** Every INTEGER below a DER sequence; null when it is not DER, or deeper than algorithms are. */
function integersIn(bytes: Buffer | null, depth = 0): number[] | null {
  const elements = bytes && depth < 8 ? elementsOf(bytes) : null;
  if (!elements) return null;
  const found: number[] = [];
  for (const element of elements) {
    if (element.tag === tag.integer)
      found.push(Number(`0x${element.value.toString('hex') || '0'}`));
    if (element.tag !== tag.sequence) continue;
    const inner = integersIn(element.value, depth + 1);
    if (!inner) return null;
    found.push(...inner);
  }
  return found;
}

interface Element {
  readonly tag: number;
  readonly value: Buffer;
}

/** X.690, section 8.1: tag, length, value. Null when a length does not fit. */
function elementsOf(bytes: Buffer): Element[] | null {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at + 1] ?? 0x80;
    const longBytes = first > 0x80 ? first - 0x80 : 0;
    if (first === 0x80 || longBytes > 4 || at + 2 + longBytes > bytes.length) return null;
    const length = longBytes === 0 ? first : bytes.readUIntBE(at + 2, longBytes);
    const start = at + 2 + longBytes;
    if (start + length > bytes.length) return null;
    found.push({ tag: bytes[at] ?? 0, value: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}
