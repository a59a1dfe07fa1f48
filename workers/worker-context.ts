import type { PgBoss } from 'pg-boss';
import type { Dialect } from '../shared/dialects.ts';
import type { Orm } from '../shared/db/orm.ts';
import type { Jobs } from '../shared/jobs/client.ts';
import type { Logger } from '../shared/logger.ts';
import type { Connector } from './connectors/connector.ts';
import type { HttpRoute } from './egress/http/http.ts';
import type { EgressPolicy } from './egress/policy.ts';
import type { MemoryBudget } from './memory/memory-budget.ts';
import type { Mailer } from './mail/mailer.ts';
import type { Vault } from './vault/open.ts';

/** What a worker process has once, and what handlers take what they need of. */
export interface WorkerContext {
  readonly orm: Orm;
  readonly boss: PgBoss;
  readonly jobs: Jobs;
  readonly vault: Vault;
  readonly egress: EgressPolicy;
  /** Of all jobs that read what customers' servers say. */
  readonly memory: MemoryBudget;
  /** The connector of a dialect, as far as files go in the folder of one organization. */
  readonly connectorFor: (dialect: Dialect, organizationId: string) => Promise<Connector>;
  /** Null where no mail server is configured. */
  readonly mailer: Mailer | null;
  /** Where the names of webhooks' receivers lead; as everywhere, but in tests. */
  readonly webhookRoute: HttpRoute;
  readonly log: Logger;
}
