import pg from 'pg';
import { z } from 'zod';

/** What the loop is asked to do; answered by the milliseconds it took. */
export const BareJob = z.object({
  connection: z.object({
    host: z.string(),
    port: z.number(),
    databaseName: z.string(),
    username: z.string(),
    password: z.string(),
    sslCaCertificate: z.string().optional(),
  }),
  checks: z.number(),
  concurrency: z.number(),
});

export type BareJob = z.infer<typeof BareJob>;

/** Connect, `select 1`, close, and nothing around it. */
process.on('message', (message) => {
  const job = BareJob.parse(message);
  const startedAt = performance.now();
  void checkAll(job).then(() => process.send?.(performance.now() - startedAt));
});
process.once('disconnect', () => process.exit());
process.once('SIGTERM', () => process.exit());

async function checkAll({ connection, checks, concurrency }: BareJob): Promise<void> {
  let left = checks;
  const loop = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await check(connection);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, loop));
}

async function check(connection: BareJob['connection']): Promise<void> {
  const { sslCaCertificate: ca, databaseName: database, username: user, ...rest } = connection;
  const client = new pg.Client({ ...rest, user, database, ...(ca ? { ssl: { ca } } : {}) });
  await client.connect();
  await client.query('select 1');
  await client.end();
}
