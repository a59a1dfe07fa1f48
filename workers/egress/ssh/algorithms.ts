import type { Algorithms, ServerHostKeyAlgorithm } from 'ssh2';

/**
 * Host key algorithms by kind of key, best first. A server has one key of each kind at most, so
 * leaving a kind out makes it show another key. Without `ssh-rsa` (SHA-1, broken in 2020) and
 * `ssh-dss`.
 */
export const hostKeyKinds: readonly (readonly ServerHostKeyAlgorithm[])[] = [
  ['ssh-ed25519'],
  ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
  ['rsa-sha2-512', 'rsa-sha2-256'],
];

/**
 * What is offered to a server: nothing with SHA-1, CBC, RC4 or groups under 2,048 bits. No
 * compression, because an inflated packet is memory that the server chooses. No group exchange and
 * no group above 4,096 bits, because there the server chooses how long we compute.
 * OpenSSH has had all of it since 6.5 (2014), the RSA signatures since 7.2 (2016).
 */
export function algorithmsWith(serverHostKey: readonly ServerHostKeyAlgorithm[]): Algorithms {
  return {
    kex: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp521',
      'diffie-hellman-group16-sha512',
      'diffie-hellman-group14-sha256',
    ],
    serverHostKey: [...serverHostKey],
    cipher: [
      'aes128-gcm@openssh.com',
      'aes256-gcm@openssh.com',
      'aes128-ctr',
      'aes192-ctr',
      'aes256-ctr',
    ],
    hmac: [
      'hmac-sha2-256-etm@openssh.com',
      'hmac-sha2-512-etm@openssh.com',
      'hmac-sha2-256',
      'hmac-sha2-512',
    ],
    compress: ['none'],
  };
}
