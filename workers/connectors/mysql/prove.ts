import type { Occasion } from '../connector-by-session.ts';
import type { ProbeStepper } from '../probe-steps.ts';
import { beginReading, type Reading } from './begin-reading.ts';
import type { SessionSettings } from './open-session.ts';
import type { Portion } from './catalog/portions.ts';
import type { MysqlSession } from './session.ts';

/** Proves that the catalog can be read, by the statements of a read. Gives back the version. */
export async function prove(
  session: MysqlSession,
  step: ProbeStepper,
  { target, settings }: Occasion<SessionSettings>,
): Promise<string> {
  const timeoutMs = settings.deadlines.probeStatementMs;
  const { dialect, databaseName } = target.connection;
  const reading = await step('query', () => beginReading(session, dialect, timeoutMs));
  await step('catalog', () => proveCatalog(session, reading, { databaseName, timeoutMs }));
  return reading.version;
}

// Key parts, columns, checks of one table; the answers are not looked at.
const maxProofRows = 50_000;

/**
 * Runs every statement of a catalog read for one table that the user can see: MariaDB looks up a
 * single table directly, but would open all of them for any other condition.
 */
async function proveCatalog(
  session: MysqlSession,
  { statements }: Reading,
  { databaseName, timeoutMs }: { databaseName: string | null; timeoutMs: number },
): Promise<void> {
  const ask = { rows: maxProofRows, timeoutMs };
  const schemas =
    databaseName === null
      ? await session.query(statements.schemaNames(), ask)
      : [[databaseName] as const];
  const schema = schemas[0]?.[0];
  if (typeof schema !== 'string') return;
  const [[name] = []] = await session.query(statements.tableNames(schema, 1), ask);
  if (typeof name !== 'string') return;
  const portion: Portion = { schemas: [schema], from: null, below: null, only: name };
  const proofs = [
    statements.tables(portion),
    statements.columns(portion),
    statements.indexes(portion),
    statements.foreignKeys(portion),
    statements.foreignKeyRules(portion),
    statements.checks(portion),
    statements.partitionKeys(portion),
  ];
  for (const proof of proofs) {
    if (proof !== null) await session.query(proof, ask);
  }
}
