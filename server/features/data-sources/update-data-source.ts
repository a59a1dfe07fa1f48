import { isDeepStrictEqual } from 'node:util';
import { LockMode } from '@mikro-orm/core';
import { recordAudit } from '../../../shared/audit/record.ts';
import type { Connection, SecretField } from '../../../shared/connection.ts';
import { DataSource as DataSourceEntity } from '../../../shared/db/entities/data-source.entity.ts';
import { SecretEnvelope } from '../../../shared/db/entities/secret-envelope.entity.ts';
import { AppError, invalidField, notFound } from '../../../shared/errors.ts';
import { destinationOf } from '../../../shared/vault/destination.ts';
import type { CallerContext } from '../../context.ts';
import { assertUnchanged, type Conditional } from '../../middleware/entity-tag.ts';
import { assertUsable, mergeConnection, secretsIn } from './connection-input.ts';
import type { DataSource, UpdateDataSource } from './contract.ts';
import { enqueueSync } from './enqueue-sync.ts';
import { readDataSource } from './read-data-source.ts';
import { storeSecrets } from './store-secrets.ts';

type Needs = Pick<CallerContext, 'em' | 'sealer' | 'jobs' | 'clock' | 'origin'> & Conditional;

const unsetFlags = {
  unsetPassword: 'password',
  unsetSshPassword: 'sshPassword',
  unsetSshPrivateKey: 'sshPrivateKey',
  unsetSshPrivateKeyPassphrase: 'sshPrivateKeyPassphrase',
} as const satisfies Record<string, SecretField>;

/**
 * Changes what is given. A secret left out is kept, but never for a new destination: whoever may
 * edit a host must not be able to have the stored password sent to it.
 */
export async function updateDataSource(ctx: Needs, input: UpdateDataSource): Promise<DataSource> {
  const { orgId, id } = input;
  const secrets = secretsIn(input);
  const unset = unsetIn(input, secrets);
  return ctx.em.transactional(async (em) => {
    const row = await em.findOne(
      DataSourceEntity,
      { id, organizationId: orgId },
      { lockMode: LockMode.PESSIMISTIC_WRITE },
    );
    if (!row) throw notFound('Data source');
    await assertUnchanged(ctx, () => readDataSource(em, input));
    const versions = await em.find(SecretEnvelope, { ownerId: id, organizationId: orgId });
    const stored = versions.filter(({ retiredAt }) => retiredAt === null);
    const connection = mergeConnection(row.connection, input);
    const replaced = (field: SecretField) => secrets[field] !== undefined || unset.has(field);
    const kept = stored.map(({ field }) => field).filter((field) => !unset.has(field));
    assertUsable(connection, new Set([...kept, ...Object.keys(secrets)]));
    if (destinationOf(connection) !== destinationOf(row.connection)) {
      assertNoneKept(stored.map(({ field }) => field).filter((field) => !replaced(field)));
    }

    const now = ctx.clock.now();
    for (const envelope of stored) if (replaced(envelope.field)) envelope.retiredAt = now;
    await em.flush();
    const owner = { organizationId: orgId, ownerType: 'data_source', ownerId: id } as const;
    storeSecrets(em, ctx.sealer, { ...owner, connection }, secrets, latestVersions(versions));

    const { tablePatterns = row.tablePatterns } = input;
    const isNew =
      !isDeepStrictEqual(connection, row.connection) ||
      !isDeepStrictEqual(tablePatterns, row.tablePatterns) ||
      Object.keys(secrets).length + unset.size > 0;
    if (input.displayName !== undefined) row.displayName = input.displayName;
    if (input.description !== undefined) row.description = input.description;
    if (isNew) {
      if (!isSameSshServer(connection, row.connection)) row.sshHostKey = null;
      row.connection = connection;
      row.tablePatterns = tablePatterns;
      row.connectionVersion += 1;
      row.lastSyncStatus = 'PENDING';
      // What failed before says nothing of the connection as it is now.
      row.syncFailures = 0;
      row.provenAt = null;
      if (row.lastHealthStatus === 'HEALTHY') {
        row.checkFailures = 0;
        row.failingSince = null;
      }
    }
    await em.flush();
    if (isNew) {
      await enqueueSync(em, ctx.jobs, { orgId, dataSourceId: id, trigger: 'updated' });
      await ctx.jobs.send(em, 'check-health', { dataSourceId: id }, { key: id });
    }
    const fields = Object.keys(input).filter((f) => f !== 'orgId' && f !== 'id');
    if (fields.length > 0) {
      const act = { organizationId: orgId, action: 'data_source.updated', targetId: id } as const;
      await recordAudit(em, ctx.origin, { ...act, details: { fields } }, now);
    }
    return readDataSource(em, input);
  });
}

/** The last version of each field that is kept, retired ones included: no two share a number. */
function latestVersions(envelopes: readonly { field: SecretField; version: number }[]) {
  const byAge = envelopes.toSorted((a, b) => a.version - b.version);
  return new Map(byAge.map(({ field, version }) => [field, version]));
}

/** A host key belongs to one server: for another one the first sight counts again. */
function isSameSshServer(a: Connection, b: Connection): boolean {
  return a.sshHost?.toLowerCase() === b.sshHost?.toLowerCase() && a.sshPort === b.sshPort;
}

function unsetIn(input: UpdateDataSource, secrets: object): ReadonlySet<SecretField> {
  const unset = new Set<SecretField>();
  for (const [flag, field] of Object.entries(unsetFlags) as [
    keyof typeof unsetFlags,
    SecretField,
  ][]) {
    if (!input[flag]) continue;
    if (field in secrets) throw invalidField(field, `Cannot be sent together with ${flag}`);
    unset.add(field);
  }
  return unset;
}

function assertNoneKept(fields: readonly SecretField[]): void {
  if (fields.length === 0) return;
  const reason = 'Send it again: a stored secret is not used for a changed destination';
  throw new AppError('VALIDATION', fields.map((field) => `${field}: ${reason}`).join('; '), {
    fields: Object.fromEntries(fields.map((field) => [field, reason])),
  });
}
