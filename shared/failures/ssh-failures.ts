import type { FailureText } from './failure-text.ts';

/** What can go wrong on the way through an SSH server. Part of `connectionFailures`. */
export const sshFailures = {
  SSH_HOST_NOT_FOUND: {
    actor: 'you',
    advice: 'Check the spelling of sshHost, or use an IP address.',
    message: 'The name of the SSH server does not resolve.',
    fields: { sshHost: 'Host not found' },
  },
  SSH_ADDRESS_NOT_ALLOWED: {
    actor: 'Basekeep operator',
    advice:
      'Use a public address for the SSH server, or ask your operator to allow this range with EGRESS_ALLOW_CIDRS.',
    message: 'The SSH server is at an address that this installation does not connect to.',
    fields: { sshHost: 'Address not allowed' },
  },
  SSH_CONNECTION_REFUSED: {
    actor: 'you',
    advice: 'Check sshPort, and that the SSH server is running.',
    message: 'The SSH server is there, but nothing accepts connections on this port.',
    fields: { sshPort: 'Incorrect port' },
  },
  SSH_HOST_UNREACHABLE: {
    actor: 'your network',
    advice: 'Check routes, VPN and firewall between the Basekeep workers and the SSH server.',
    message: 'There is no network route to the SSH server.',
    fields: { sshHost: 'Host unreachable' },
  },
  SSH_TIMEOUT: {
    actor: 'your network',
    advice: "Allow the workers' addresses in the firewall or allow-list of the SSH server.",
    message:
      'The SSH server did not answer in time. A firewall or an allow-list usually causes this.',
  },
  SSH_FAILED: {
    actor: 'your network',
    advice: 'Check that sshHost and sshPort belong to an SSH server, and look into its log.',
    message: 'The SSH connection could not be made or broke.',
  },
  SSH_ALGORITHMS_WEAK: {
    actor: 'your network',
    advice: 'Update the SSH server: OpenSSH 7.2 (2016) or newer has what is needed.',
    message: 'The SSH server only offers algorithms that are no longer safe.',
  },
  SSH_HOST_KEY_CHANGED: {
    actor: 'you',
    advice:
      'Compare the new fingerprint with the one of the server, and approve it only if they are equal.',
    message:
      'The SSH server shows another host key than the one on record. Approve the new key if the server was replaced; nothing was sent to it.',
    fields: { sshHost: 'The host key has changed' },
  },
  SSH_AUTHENTICATION_FAILED: {
    actor: 'you',
    advice:
      "Check sshUsername and password or key, and that the public key is in the server's authorized_keys.",
    message: 'The SSH server refused the sign-in.',
    fields: {
      sshUsername: 'Incorrect SSH user name, password or key',
      sshPassword: 'Incorrect SSH user name, password or key',
      sshPrivateKey: 'Incorrect SSH user name, password or key',
    },
  },
  SSH_KEY_INVALID: {
    actor: 'you',
    advice: 'Paste the whole private key, from its BEGIN line to its END line.',
    message: 'The SSH private key cannot be read. OpenSSH, PEM and PKCS#8 keys are accepted.',
    fields: { sshPrivateKey: 'Not a private key that can be read' },
  },
  SSH_PASSPHRASE_INVALID: {
    actor: 'you',
    advice: 'Give the passphrase that the private key was encrypted with.',
    message: 'The SSH private key is encrypted and the passphrase is missing or wrong.',
    fields: { sshPrivateKeyPassphrase: 'Missing or wrong passphrase' },
  },
  SSH_FORWARDING_REFUSED: {
    actor: 'your network',
    advice:
      'Check host and port as seen from the SSH server, and AllowTcpForwarding and PermitOpen in its sshd_config.',
    message:
      'The SSH server does not forward to the database: refused, unreachable or not permitted.',
    fields: {
      host: 'Not reachable from the SSH server',
      port: 'Not reachable from the SSH server',
    },
  },
} as const satisfies Record<string, FailureText>;
