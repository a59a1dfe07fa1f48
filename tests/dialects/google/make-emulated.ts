import type { CatalogTable } from '../../../shared/catalog.ts';
import type { Connection } from '../../../shared/connection.ts';
import { type Vendor, vendor } from '../../connectors/services/vendor-server.ts';
import type { StandInAnswer } from '../../stand-ins/http-stand-in.ts';
import { makeServiceAccountKey } from '../../support/sources/service-account.ts';
import type { EmulatorAnswer } from './ask-emulator.ts';
import { emulatorHandler } from './emulator-handler.ts';

interface EmulatedOptions {
  readonly emulator: URL;
  readonly host: string;
  readonly scope: string;
  readonly connection: Partial<Connection>;
  execute(text: string): Promise<void>;
  /** Names of all tables, schema first, in any order. */
  tableNames(): Promise<readonly string[]>;
  /** The answer to what was asked for at `path`, as the service writes it. */
  translate(answer: EmulatorAnswer, path: string): StandInAnswer;
}

export const tokenHost = 'oauth2.googleapis.com';

/** An emulator behind the names of Google's service, and a service account that it knows. */
export function makeEmulated(options: EmulatedOptions): { server: Vendor; wrongKey: string } {
  const { emulator, host, scope, connection, execute, tableNames, translate } = options;
  const key = makeServiceAccountKey();
  const { email, keyId, publicKey } = key;
  const service = { email, keyId, publicKey, scopes: [scope], tokenSeconds: 3_599 };
  const server = vendor({
    ...{ host, moreHosts: [tokenHost], connection: { host: null, ...connection } },
    password: key.json(),
    handler: emulatorHandler(emulator, service, translate),
    execute,
    readBack: async () => (await tableNames()).toSorted(),
    summarize: (tables: readonly CatalogTable[]) =>
      tables.map(({ schema, name }) => `${schema}.${name}`).toSorted(),
  });
  return { server, wrongKey: makeServiceAccountKey().json() };
}
