import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import ssh2, { type ParsedKey } from 'ssh2';
import { z } from 'zod';
import { ConnectionFailure } from '../../connectors/connector.ts';
import { type Deadline, withDeadline } from '../deadline.ts';
import { costsTooMuch } from './key-cost.ts';
import { toSshKey } from './key-encoding.ts';

/** A pasted key and what it is encrypted with, as the thread gets them. */
interface EncryptedKey {
  readonly text: string;
  readonly passphrase: string;
}

const openSsh = '-----BEGIN OPENSSH PRIVATE KEY-----';
// The longest key in use; a signature with it takes 0.3 s, with a longer one the worker would stop.
const maxRsaBits = 16_384;

/**
 * Reads a private key as people paste it: OpenSSH, PEM (PKCS#1, SEC1) or PKCS#8, encrypted or not,
 * with Windows line ends or with `\n` written out. Ed25519, ECDSA over the NIST curves and RSA.
 * Throws SSH_KEY_INVALID or SSH_PASSPHRASE_INVALID, and TIMEOUT when decrypting takes too long.
 */
export async function readPrivateKey(
  pasted: string,
  passphrase: string | undefined,
  deadline: Deadline,
): Promise<ParsedKey> {
  const text = normalized(pasted);
  if (!isEncrypted(text)) return signable(parse(text));
  if (passphrase === undefined) throw new ConnectionFailure('SSH_PASSPHRASE_INVALID');
  if (costsTooMuch(text)) throw new ConnectionFailure('SSH_KEY_INVALID');
  const key = await decryptInThread({ text, passphrase }, deadline);
  return signable(toSshKey(key));
}

function normalized(pasted: string): string {
  const lines = pasted.replace(/\\r\\n|\\n|\r\n|\r/g, '\n').split('\n');
  return `${lines
    .map((line) => line.trim())
    .join('\n')
    .trim()}\n`;
}

function isEncrypted(text: string): boolean {
  if (!text.startsWith(openSsh)) {
    return (
      text.startsWith('-----BEGIN ENCRYPTED PRIVATE KEY-----') ||
      /^Proc-Type: 4,ENCRYPTED$/m.test(text)
    );
  }
  // PROTOCOL.key of OpenSSH: the magic, then the cipher's name, `none` for a key in clear.
  const bytes = Buffer.from(text.slice(openSsh.length).split('-')[0] ?? '', 'base64');
  return bytes.toString('latin1', 15, 23) !== '\0\0\0\x04none';
}

function parse(text: string): ParsedKey {
  if (!text.startsWith(openSsh)) return toSshKey(orInvalid(() => createPrivateKey(text)));
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw new ConnectionFailure('SSH_KEY_INVALID');
  // Once through OpenSSL: ssh2 takes the parts of a key on trust.
  return toSshKey(orInvalid(() => createPrivateKey(key.getPrivatePEM())));
}

/** Refuses keys that are too long, and signatures with SHA-1, which ssh2 makes for old servers. */
function signable(key: ParsedKey): ParsedKey {
  if (key.type !== 'ssh-rsa') return key;
  const details = createPrivateKey(key.getPrivatePEM()).asymmetricKeyDetails;
  if ((details?.modulusLength ?? Infinity) > maxRsaBits) {
    throw new ConnectionFailure('SSH_KEY_INVALID');
  }
  const sign = key.sign.bind(key);
  key.sign = (data, algorithm) => {
    if (algorithm === undefined || algorithm === 'sha1') {
      // How ssh2 wants to be told; a thrown error would leave the sign-in hanging.
      return new Error('no SHA-1') as unknown as Buffer;
    }
    return sign(data, algorithm);
  };
  return key;
}

const Answer = z.union([
  z.object({ key: z.custom<KeyObject>((key) => typeof key === 'object' && key !== null) }),
  z.object({ failure: z.enum(['SSH_KEY_INVALID', 'SSH_PASSPHRASE_INVALID']) }),
]);

// A heap for one key; a thread starts in 40 ms.
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };

/**
 * Decrypts in a thread of its own, because the key's file says how much work that is: OpenSSH's usual
 * 16 rounds of bcrypt take 210 ms in JavaScript, in which no heartbeat goes out, and nothing keeps a
 * file from asking for a million.
 */
async function decryptInThread(encrypted: EncryptedKey, deadline: Deadline): Promise<KeyObject> {
  const thread = new Worker(new URL('./decrypt-key.ts', import.meta.url), {
    workerData: encrypted,
    // Neither our environment nor our flags.
    env: {},
    execArgv: [],
    resourceLimits,
  });
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  thread.once('message', resolve);
  thread.once('error', reject);
  thread.once('exit', () => reject(new ConnectionFailure('SSH_KEY_INVALID')));
  try {
    const answer = Answer.parse(
      await withDeadline(promise, deadline).catch((error: unknown) => {
        throw error instanceof ConnectionFailure ? error : new ConnectionFailure('SSH_KEY_INVALID');
      }),
    );
    if ('failure' in answer) throw new ConnectionFailure(answer.failure);
    return answer.key;
  } finally {
    void thread.terminate();
  }
}

function orInvalid<T>(work: () => T): T {
  try {
    return work();
  } catch {
    throw new ConnectionFailure('SSH_KEY_INVALID');
  }
}
