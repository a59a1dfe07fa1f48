/**
 * What opening a connection found out beside its result, for whoever reports on it. Filled in on the
 * way; null is what nobody has seen.
 */
export interface Findings {
  /** Fingerprint of the host key that the SSH server showed, whether or not it was accepted. */
  sshHostKey: string | null;
  /** Whole days until the server's TLS certificate ends; negative ones do not pass verification. */
  certificateExpiresInDays: number | null;
}

export function noFindings(): Findings {
  return { sshHostKey: null, certificateExpiresInDays: null };
}
