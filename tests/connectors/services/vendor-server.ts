import { afterAll, beforeAll } from 'vitest';
import type { CatalogTable } from '../../../shared/catalog.ts';
import type { Connection } from '../../../shared/connection.ts';
import type { HttpRoute } from '../../../workers/egress/http/http.ts';
import {
  type HttpStandIn,
  type StandInHandler,
  startHttpStandIn,
} from '../../stand-ins/http-stand-in.ts';
import { canMakeCertificates, makeAuthority } from '../../support/certificates.ts';
import type { ServerUnderTest } from '../conformance.ts';

const authority = canMakeCertificates() ? makeAuthority() : null;

/** Why tests against stand-ins of HTTPS services are skipped here; null when they are not. */
export const vendorMissing = authority ? null : 'skipped: openssl not found';

/** A stand-in of a vendor's service that is reached by the vendor's name. */
export interface Vendor {
  /** For the connector's settings: leads the vendor's names to the stand-in of the moment. */
  readonly route: HttpRoute;
  useServer(): ServerUnderTest;
}

export interface VendorOptions {
  readonly host: string;
  /** More names that lead to the stand-in. */
  readonly moreHosts?: readonly string[];
  readonly connection: Partial<Connection>;
  readonly password: string;
  readonly handler: StandInHandler;
  /** Takes tables in, in the JSON that the tests of the dialect write. */
  execute(text: string): unknown;
  readBack(): unknown;
  summarize(tables: readonly CatalogTable[]): unknown;
}

/** Makes what the conformance suite wants of a server out of a handler of HTTP requests. */
export function vendor(options: VendorOptions): Vendor {
  const port = { current: 0 };
  const { host, handler } = options;
  const hosts = [host, ...(options.moreHosts ?? [])];
  const names = hosts.map((name) => `DNS:${name}`).join();
  return {
    route: {
      resolver: (name) =>
        hosts.includes(name)
          ? Promise.resolve(['127.0.0.1'])
          : Promise.reject(new Error('ENOTFOUND')),
      portOf: () => port.current,
      ...(authority ? { extraCa: authority.cert } : {}),
    },
    useServer() {
      let standIn: HttpStandIn | undefined;
      const given = (): HttpStandIn => {
        if (!standIn) throw new Error('The stand-in is not running');
        return standIn;
      };
      beforeAll(async () => {
        if (!authority) return;
        standIn = await startHttpStandIn(authority.sign({ names }), handler);
        port.current = standIn.port;
      });
      afterAll(() => standIn?.close());
      return {
        connection: { host, ...options.connection },
        password: options.password,
        async execute(text) {
          await options.execute(text);
        },
        readBack: () => Promise.resolve(options.readBack()),
        summarize: options.summarize,
        async startTlsFront(identity) {
          const front = await startHttpStandIn(identity, handler);
          port.current = front.port;
          return {
            port: front.port,
            async close() {
              port.current = given().port;
              await front.close();
            },
          };
        },
        block() {
          const release = given().block();
          return Promise.resolve(() => Promise.resolve(release()));
        },
        connections: () => Promise.resolve(standIn?.connections ?? 0),
      };
    },
  };
}
