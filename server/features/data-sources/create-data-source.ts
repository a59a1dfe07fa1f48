import { recordAudit } from '../../../shared/audit/record.ts';
import { newId } from '../../../shared/ids.ts';
import type { CallerContext } from '../../context.ts';
import { environmentFor } from '../../environment-for.ts';
import { inOneGo } from '../../in-one-go.ts';
import { newConnection, secretsIn } from './connection-input.ts';
import type { CreateDataSource, DataSource } from './contract.ts';
import { insertDataSource } from './insert-data-source.ts';
import { toDataSource } from './read-data-source.ts';
import { sealSecrets } from './store-secrets.ts';

type Needs = Pick<CallerContext, 'em' | 'sealer' | 'jobs' | 'clock' | 'origin'> & {
  readonly principal: Pick<CallerContext['principal'], 'environment'>;
};

const trialMs = 14 * 86_400_000;

/** Stores the data source with sealed secrets and has its schema synced and its health checked. */
export async function createDataSource(
  ctx: Needs,
  input: CreateDataSource,
  { isDemo = false } = {},
): Promise<DataSource> {
  const { orgId: organizationId, dialect } = input;
  const connection = newConnection(dialect, input);
  const secrets = secretsIn(input);
  const now = ctx.clock.now();
  const id = newId('dataSource');
  const syncRunId = newId('syncRun');
  const owner = { organizationId, ownerType: 'data_source', ownerId: id, connection } as const;
  const made = {
    id,
    organizationId,
    displayName: input.displayName,
    description: input.description ?? '',
    dialect,
    connection,
    tablePatterns: input.tablePatterns ?? [],
    environment: environmentFor(ctx.principal.environment, input.environment),
    isDemo,
    envelopes: sealSecrets(ctx.sealer, owner, secrets),
    syncRunId,
    trialEndsAt: new Date(now.getTime() + trialMs),
  };
  const owned = { organizationId, key: id };
  const created = { organizationId, action: 'data_source.created', targetId: id } as const;
  const details = { dialect, secrets: Object.keys(secrets) };
  return ctx.em.transactional(async (em) => {
    const [row] = await inOneGo(em, (em) => [
      insertDataSource(em, made, now),
      ctx.jobs.send(em, 'sync-schema', { dataSourceId: id, syncRunId }, owned),
      ctx.jobs.send(em, 'check-health', { dataSourceId: id }, owned),
      recordAudit(em, ctx.origin, { ...created, details }, now),
    ]);
    if (row.starts_trial) {
      // The first data source of an organization starts its trial; no later one does.
      const started = {
        organizationId,
        action: 'trial.started',
        targetId: organizationId,
      } as const;
      await recordAudit(em, ctx.origin, started, now);
    }
    return toDataSource(row);
  });
}
