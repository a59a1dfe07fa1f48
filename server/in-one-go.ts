import { Kysely, PostgresDialect, type DatabaseConnection, type QueryExecutor } from 'kysely';
import type { EntityManager } from '../shared/db/orm.ts';

type Answers<Work extends readonly unknown[]> = { [At in keyof Work]: Awaited<Work[At]> };

/**
 * Sends what `send` asks for inside the transaction of `em` without waiting for an answer in between: one
 * round trip for all. What does not wait for anything else is sent in the order in which it is asked for.
 * Resolves or rejects when all of it is over, with what the first statement failed with: PostgreSQL
 * refuses those after it.
 */
export async function inOneGo<const Work extends readonly Promise<unknown>[]>(
  em: EntityManager,
  send: (em: EntityManager) => Work,
): Promise<Answers<Work>> {
  const executor = em.getKysely().getExecutor();
  return executor.provideConnection(async (connection) => {
    const pipelined = em.fork();
    pipelined.setTransactionContext(onConnection(executor, connection));
    const settled = await Promise.allSettled(send(pipelined));
    const failures = settled.flatMap((answer): unknown[] =>
      answer.status === 'rejected' ? [answer.reason] : [],
    );
    if (failures.length > 0) throw failures.find((failure) => !isAftermath(failure)) ?? failures[0];
    return settled.map((answer) =>
      answer.status === 'fulfilled' ? answer.value : undefined,
    ) as Answers<Work>;
  });
}

/** Kysely's own transactions send a statement when the one before it was answered. */
function onConnection(executor: QueryExecutor, connection: DatabaseConnection) {
  return new Kysely({
    config: { dialect },
    dialect,
    driver,
    executor: executor.withConnectionProvider({
      provideConnection: (consumer) => consumer(connection),
    }),
  });
}

// Never asked for a connection: it has one.
const dialect = new PostgresDialect({ pool: () => Promise.reject(new Error('no pool')) });
const driver = dialect.createDriver();

/** "Current transaction is aborted": the statement was refused for the failure of one before it. */
function isAftermath(failure: unknown): boolean {
  return failure instanceof Error && 'code' in failure && failure.code === '25P02';
}
