import { recordAudit } from '../../../shared/audit/record.ts';
import { DataSource as DataSourceEntity } from '../../../shared/db/entities/data-source.entity.ts';
import { Organization } from '../../../shared/db/entities/organization.entity.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import type { Environment } from '../../../shared/environments.ts';
import { invalidField } from '../../../shared/errors.ts';
import { newId } from '../../../shared/ids.ts';
import { firstDue } from '../../../shared/schedule.ts';
import type { CallerContext } from '../../context.ts';
import { newConnection, secretsIn } from './connection-input.ts';
import type { CreateDataSource, DataSource } from './contract.ts';
import { enqueueSync } from './enqueue-sync.ts';
import { readDataSource } from './read-data-source.ts';
import { storeSecrets } from './store-secrets.ts';

type Needs = Pick<CallerContext, 'em' | 'sealer' | 'jobs' | 'clock' | 'origin'> & {
  readonly principal: Pick<CallerContext['principal'], 'environment'>;
};

const trialDays = 14;

/** Stores the data source with sealed secrets and has its schema synced and its health checked. */
export async function createDataSource(
  ctx: Needs,
  input: CreateDataSource,
  { isDemo = false } = {},
): Promise<DataSource> {
  const connection = newConnection(input.dialect, input);
  const now = ctx.clock.now();
  const id = newId('dataSource');
  return ctx.em.transactional(async (em) => {
    em.create(DataSourceEntity, {
      id,
      organizationId: input.orgId,
      displayName: input.displayName,
      description: input.description ?? '',
      dialect: input.dialect,
      connection,
      tablePatterns: input.tablePatterns ?? [],
      environment: environmentFor(ctx.principal.environment, input.environment),
      isDemo,
      lastSyncStatus: 'PENDING',
      // Until the first check has run, nothing is known against it.
      lastHealthyAt: now,
      lastHealthCheckAttemptAt: now,
      ...firstDue(now),
    });
    await em.flush();
    const owner = { organizationId: input.orgId, ownerType: 'data_source', ownerId: id } as const;
    storeSecrets(em, ctx.sealer, { ...owner, connection }, secretsIn(input));
    await em.flush();
    await enqueueSync(em, ctx.jobs, { orgId: input.orgId, dataSourceId: id, trigger: 'created' });
    await ctx.jobs.send(
      em,
      'check-health',
      { dataSourceId: id },
      { organizationId: input.orgId, key: id },
    );
    await startTrial(ctx, em, input.orgId, now);
    const details = { dialect: input.dialect, secrets: Object.keys(secretsIn(input)) };
    const act = {
      organizationId: input.orgId,
      action: 'data_source.created',
      targetId: id,
    } as const;
    await recordAudit(em, ctx.origin, { ...act, details }, now);
    return readDataSource(em, { orgId: input.orgId, id });
  });
}

/** A key of one environment creates in it, and nowhere else. */
function environmentFor(own: Environment | null, wanted: Environment | undefined): Environment {
  if (own !== null && wanted !== undefined && wanted !== own) {
    throw invalidField('environment', `A ${own} key reaches ${own} data sources only`);
  }
  return wanted ?? own ?? 'live';
}

/** The first data source of an organization starts its trial; no later one does. */
async function startTrial(ctx: Needs, em: EntityManager, orgId: string, now: Date): Promise<void> {
  const trialEndsAt = new Date(now.getTime() + trialDays * 86_400_000);
  const started = await em.nativeUpdate(
    Organization,
    { id: orgId, trialEndsAt: null },
    { trialEndsAt, updatedAt: now },
  );
  if (started === 0) return;
  const act = { organizationId: orgId, action: 'trial.started', targetId: orgId } as const;
  await recordAudit(em, ctx.origin, act, now);
}
