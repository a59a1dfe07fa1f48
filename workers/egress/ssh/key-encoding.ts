import type { KeyObject } from 'node:crypto';
import ssh2, { type ParsedKey } from 'ssh2';
import { z } from 'zod';
import { ConnectionFailure } from '../../connectors/connector.ts';

/** A key as ssh2 knows them. Throws SSH_KEY_INVALID for kinds of keys that SSH does not have. */
export function toSshKey(key: KeyObject): ParsedKey {
  const parsed = ssh2.utils.parseKey(encoded(key));
  if (parsed instanceof Error) throw new ConnectionFailure('SSH_KEY_INVALID');
  return parsed;
}

// ssh2 reads PKCS#1 and SEC1, but no PKCS#8, which is the only PEM there is for Ed25519.
function encoded(key: KeyObject): string {
  const type = key.asymmetricKeyType;
  if (type === 'rsa') return key.export({ type: 'pkcs1', format: 'pem' }).toString();
  if (type === 'ec') return key.export({ type: 'sec1', format: 'pem' }).toString();
  if (type === 'ed25519') return openSshEd25519(key);
  throw new ConnectionFailure('SSH_KEY_INVALID');
}

const Ed25519 = z.object({ x: z.base64url(), d: z.base64url() });

/** An unencrypted Ed25519 key in OpenSSH's own format. Source: PROTOCOL.key of OpenSSH. */
function openSshEd25519(key: KeyObject): string {
  const { x, d } = Ed25519.parse(key.export({ format: 'jwk' }));
  const publicPart = Buffer.from(x, 'base64url');
  const publicBlob = Buffer.concat([string('ssh-ed25519'), string(publicPart)]);
  const section = Buffer.concat([
    // Two equal numbers by which a wrong passphrase is noticed; there is none here.
    uint32(0),
    uint32(0),
    publicBlob,
    string(Buffer.concat([Buffer.from(d, 'base64url'), publicPart])),
    string(''),
  ]);
  const padding = Array.from({ length: (8 - (section.length % 8)) % 8 }, (_, n) => n + 1);
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    string('none'),
    string('none'),
    string(''),
    uint32(1),
    string(publicBlob),
    string(Buffer.concat([section, Buffer.from(padding)])),
  ]);
  const lines = file.toString('base64').match(/.{1,70}/g) ?? [];
  return [
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    ...lines,
    '-----END OPENSSH PRIVATE KEY-----',
    '',
  ].join('\n');
}

function string(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
