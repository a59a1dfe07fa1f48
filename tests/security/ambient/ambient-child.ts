/**
 * Probes and reads what it is told to, one after the other, in an environment full of what nobody
 * may send. Says what came of each, and last does what a careless client does: the control.
 */
import pg from 'pg';
import { z } from 'zod';
import { Connection } from '../../../shared/connection.ts';
import { dialects } from '../../../shared/dialects.ts';
import { connectorFor } from '../../../workers/connectors/index.ts';
import { createEgressPolicy } from '../../../workers/egress/policy.ts';
import { shortConnectors } from '../../connectors/rogues/short-connectors.ts';

const Task = z.object({
  trials: z.array(
    z.object({
      name: z.string(),
      dialect: z.enum(dialects),
      connection: Connection,
      secrets: z.record(z.string(), z.string()),
    }),
  ),
  duckdbRoot: z.string(),
  control: z.object({ port: z.number(), ca: z.string() }),
});

const { trials, duckdbRoot, control } = Task.parse(JSON.parse(process.argv[2] ?? ''));
const egress = createEgressPolicy({ allowCidrs: 'private', ownEndpoints: [] });

for (const { name, dialect, connection, secrets } of trials) {
  const connector =
    shortConnectors[dialect] ?? (await connectorFor(dialect, { DUCKDB_ROOT: duckdbRoot }));
  const target = { connection, secrets, egress };
  const signal = new AbortController().signal;
  const { failure } = await connector.probe(target, signal);
  const read = await Array.fromAsync(connector.readCatalog(target, signal)).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : 'unknown'),
  );
  process.stdout.write(`${JSON.stringify([name, failure, read])}\n`);
}

const careless = new pg.Client({
  ...{ host: 'localhost', port: control.port, user: 'somebody', database: 'shop' },
  ssl: { ca: control.ca },
});
careless.on('error', () => undefined);
await careless.connect().catch(() => undefined);
await careless.end().catch(() => undefined);
process.stdout.write('done\n');
