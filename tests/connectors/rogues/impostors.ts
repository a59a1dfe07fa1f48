import type { Identity } from '../../support/certificates.ts';
import type { Hostile, HostileCase, HostileServer } from './hostile-case.ts';
import { identities } from './identities.ts';

type Impostor = Extract<HostileCase, `has a ${string}certificate${string}`>;

/** Servers of a wire that cannot prove who they are; `start` makes one that asks for all it can. */
export function impostors(
  start: (identity: Identity) => Promise<HostileServer>,
  connection: Hostile['connection'] = {},
): { readonly [C in Impostor]: Hostile } {
  const refused = (identity: Identity, check: Hostile['check']): Hostile => ({
    start: () => start(identity),
    connection: { sslEnabled: true, sslCaCertificate: identities.authority, ...connection },
    check,
    isToldSecret: false,
  });
  return {
    'has a self-signed certificate': refused(identities.selfSigned, 'TLS_UNTRUSTED'),
    'has a certificate of an unknown authority': refused(
      identities.ofUnknownAuthority,
      'TLS_UNTRUSTED',
    ),
    'has a certificate for another name': refused(identities.forAnotherName, 'TLS_NAME_MISMATCH'),
    'has a certificate that has expired': refused(identities.expired, 'TLS_EXPIRED'),
  };
}
