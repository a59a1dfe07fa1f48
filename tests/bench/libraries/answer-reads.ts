import { z } from 'zod';

/** What a reading process is asked with. */
export const ReadJob = z.object({ url: z.string() });
export type ReadJob = z.infer<typeof ReadJob>;

/** What it answers: how long it took, and how many tables and views it has found. */
export const ReadAnswer = z.object({ ms: z.number(), tables: z.number() });
export type ReadAnswer = z.infer<typeof ReadAnswer>;

/** Reads a whole catalog and answers how many tables and views of the customer's it has found. */
export type Read = (url: string) => Promise<number>;

/** Makes this process one that reads a catalog as often as its parent asks, and ends with it. */
export function answerReads(read: Read): void {
  process.on('message', (message) => {
    const { url } = ReadJob.parse(message);
    const startedAt = performance.now();
    void read(url).then((tables) => {
      process.send?.({ ms: performance.now() - startedAt, tables } satisfies ReadAnswer);
    });
  });
  process.once('disconnect', () => process.exit());
  process.once('SIGTERM', () => process.exit());
}

/** By the name of its schema: not what every PostgreSQL brings along. */
export const isCustomers = (schema: string): boolean => schema.startsWith('large_');
