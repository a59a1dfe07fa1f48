import fc from 'fast-check';
import sodium from 'libsodium-wrappers';
import type { Connection } from '../../shared/connection.ts';
import type { Envelope, SealContext } from '../../shared/vault/envelope.ts';
import { createSealer } from '../../shared/vault/seal.ts';
import {
  createVault,
  VaultError,
  type Vault,
  type VaultErrorCode,
} from '../../workers/vault/open.ts';
import { anyText } from '../support/any-text.ts';

export async function newKeyPair() {
  await sodium.ready;
  const { publicKey, privateKey } = sodium.crypto_box_keypair();
  return { publicKey, privateKey };
}

/** A sealer and the vault that opens what it seals. */
export async function newPair() {
  const keys = await newKeyPair();
  return { keys, sealer: await createSealer(keys.publicKey), vault: await createVault([keys]) };
}

export const place: SealContext = {
  organizationId: 'org_1',
  ownerType: 'data_source',
  ownerId: 'ds_1',
  field: 'password',
  version: 1,
  destination: '8:POSTGRES|5:=host',
};

/** Any text that the API lets through to a secret, and NUL beside. */
export const plaintexts = anyText({ maxLength: 2_000 });

/** Names with what a clumsy encoding would trip over: separators, lengths, prefixes of each other. */
const awkward = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom('|', ':', '=', '-', '\0', '\u0001', '4', 'é', '𝄞'),
    maxLength: 8,
  }),
);

export const contexts: fc.Arbitrary<SealContext> = fc.record({
  organizationId: awkward,
  ownerType: fc.constantFrom('data_source' as const, 'connection_draft' as const),
  ownerId: awkward,
  field: awkward,
  version: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  destination: awkward,
});

const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

/** Hosts as the API takes them, in the spellings that count as one and those that do not. */
const hosts = fc.constantFrom(
  'db.example',
  'DB.example',
  'db.example.',
  'db.example.com',
  '10.0.0.1',
  '::1',
);

export const connections: fc.Arbitrary<Connection> = fc.record({
  dialect: fc.constantFrom('POSTGRES' as const, 'SUPABASE' as const),
  databaseName: nullable(awkward),
  username: nullable(awkward),
  host: nullable(hosts),
  port: nullable(fc.integer({ min: 0, max: 65_535 })),
  snowflakeAccountId: nullable(awkward),
  snowflakeWarehouse: nullable(awkward),
  snowflakeRole: nullable(awkward),
  bigQueryProjectId: nullable(awkward),
  spannerInstanceId: nullable(awkward),
  athenaWorkgroup: nullable(awkward),
  athenaOutputLocation: nullable(awkward),
  athenaCatalog: nullable(awkward),
  sslEnabled: fc.boolean(),
  sslCaCertificate: nullable(awkward),
  sslClientCertificate: nullable(awkward),
  sshEnabled: fc.boolean(),
  sshHost: nullable(hosts),
  sshPort: nullable(fc.integer({ min: 0, max: 65_535 })),
  sshUsername: nullable(awkward),
  sshHostKey: fc.constant(null),
  databricksWarehouseId: nullable(awkward),
  maxPoolSize: nullable(fc.integer({ min: 1, max: 100 })),
});

/** Opens one envelope: its plaintext, or the code with which it was refused before `work` began. */
export async function attempt(
  vault: Vault,
  envelope: Envelope,
  context: SealContext,
): Promise<{ plaintext: string | undefined } | { refused: VaultErrorCode; error: VaultError }> {
  let hasWorked = false;
  try {
    return await vault.use([{ field: 'password', envelope, context }], (secrets) => {
      hasWorked = true;
      return Promise.resolve({ plaintext: secrets.password });
    });
  } catch (error) {
    if (hasWorked || !(error instanceof VaultError)) throw error;
    return { refused: error.code, error };
  }
}
