import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { AppError } from '../../shared/errors.ts';

const derive = promisify(argon2);

// OWASP's minimum for Argon2id (19 MiB, 2 passes, 1 lane): about 20 ms of one core.
const current = { memory: 19_456, passes: 2, parallelism: 1 };
const tagLength = 32;
const phc = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

// Each takes 19 MiB and most of a core: more at once would only make all of them slow.
const maxAtOnce = 4;
const maxWaiting = 16;
let running = 0;
const waiting: (() => void)[] = [];

/** Argon2id (RFC 9106) of the NFKC form of a password, as a PHC string. UNAVAILABLE when flooded. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const tag = await limited(() => deriveTag(password, nonce, current));
  const { memory, passes, parallelism } = current;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(nonce)}$${unpadded(tag)}`;
}

// What an unknown user's password is compared with, so that it takes as long as a known one's.
const dummy = `$argon2id$v=19$m=19456,t=2,p=1$${unpadded(Buffer.alloc(16))}$${unpadded(Buffer.alloc(32))}`;

/**
 * Whether a password belongs to a stored hash; false, after the same work, when there is none.
 * `outdated` says that the hash was made with other parameters than today's.
 */
export async function verifyPassword(
  password: string,
  stored: string | null,
): Promise<{ isRight: boolean; outdated: boolean }> {
  const [, memory = '0', passes = '0', parallelism = '0', nonce = '', tag = ''] =
    phc.exec(stored ?? dummy) ?? [];
  const parameters = {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  };
  const expected = Buffer.from(tag, 'base64');
  const derived = await limited(() =>
    deriveTag(password, Buffer.from(nonce, 'base64'), parameters),
  );
  const isRight =
    stored !== null && expected.length === derived.length && timingSafeEqual(expected, derived);
  const outdated = parameters.memory !== current.memory || parameters.passes !== current.passes;
  return { isRight, outdated };
}

function deriveTag(password: string, nonce: Buffer, parameters: typeof current): Promise<Buffer> {
  const message = Buffer.from(password.normalize('NFKC'), 'utf8');
  return derive('argon2id', { ...parameters, tagLength, message, nonce });
}

async function limited<T>(work: () => Promise<T>): Promise<T> {
  if (running >= maxAtOnce) {
    if (waiting.length >= maxWaiting) {
      throw new AppError('UNAVAILABLE', 'Too many sign-ins at once; try again in a moment');
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
