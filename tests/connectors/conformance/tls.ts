import { describe, expect, test } from 'vitest';
import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import type { Connection } from '../../../shared/connection.ts';
import type { ProbeReport } from '../../../workers/connectors/connector.ts';
import {
  canMakeCertificates,
  type Identity,
  type IdentityOptions,
  makeAuthority,
  makeSelfSigned,
} from '../../support/certificates.ts';
import type { Proofs } from './proofs.ts';
import type { Subject } from './subject.ts';

/** What every connector promises of TLS, where there is a connection to encrypt. */
export function encrypts({ under, server, probe }: Subject, proofs: Proofs): void {
  describe.skipIf(!canMakeCertificates())('TLS (needs the openssl command)', () => {
    const authority = canMakeCertificates() ? makeAuthority() : undefined;
    const { vendorHost, moreHosts = [] } = under;
    const names = vendorHost
      ? [vendorHost, ...moreHosts].map((name) => `DNS:${name}`).join()
      : 'DNS:localhost,IP:127.0.0.1';
    const local = { names };
    const hosts = vendorHost ? [vendorHost] : ['localhost', '127.0.0.1'];
    const sign = (options: IdentityOptions): Identity => {
      if (!authority) throw new Error('Without openssl there are no certificates');
      return authority.sign(options);
    };
    async function probeTls(
      identity: Identity,
      changes: Partial<Connection>,
    ): Promise<ProbeReport> {
      const front = await server.startTlsFront(identity);
      try {
        const ca = { sslCaCertificate: authority?.cert ?? null };
        const port = vendorHost ? {} : { port: front.port };
        return await probe({ ...port, sslEnabled: true, ...ca, ...changes });
      } finally {
        await front.close();
      }
    }

    for (const host of hosts) {
      test(
        `is verified by the given authority for ${host}`,
        proofs.of('own CA', async () => {
          const report = await probeTls(sign(local), { host });
          expect(report.failure).toBeNull();
          expect(report.steps.map(({ step }) => step)).toContain('tls');
        }),
      );
    }

    const refused: [string, () => Identity, Partial<Connection>, ConnectionFailureCode][] = [
      ['an unknown authority', () => sign(local), { sslCaCertificate: null }, 'TLS_UNTRUSTED'],
      ['a self-signed certificate', () => makeSelfSigned(local), {}, 'TLS_UNTRUSTED'],
      ['another name', () => sign({ names: 'DNS:other.example' }), {}, 'TLS_NAME_MISMATCH'],
      ['an expired certificate', () => sign({ ...local, days: -1 }), {}, 'TLS_EXPIRED'],
    ];
    for (const [what, identity, changes, failure] of refused) {
      test(
        `refuses ${what}`,
        proofs.of('TLS', async () => {
          const report = await probeTls(identity(), { host: hosts[0] ?? null, ...changes });
          expect(report.steps.at(-1)).toMatchObject({ step: 'tls', failure });
        }),
      );
    }
  });

  // A vendor's own host has no port without TLS to begin with.
  if (!under.vendorHost) {
    test(
      'TLS that is asked for is never done without',
      proofs.of('TLS', async () => {
        const report = await probe({ ...server.withoutTls, sslEnabled: true });
        expect(report.steps.at(-1)).toMatchObject({ step: 'tls', failure: 'TLS_NOT_SUPPORTED' });
      }),
    );
  }
}
