import { afterEach, describe, expect, test } from 'vitest';
import { postgres } from '../../../workers/connectors/postgres/connector.ts';
import { catalogOf, targetOf } from '../../catalog/sync-once.ts';
import { useEmptyDatabase } from '../../support/database.ts';
import { pgbouncerMissing, startPgbouncer } from '../../support/servers/pgbouncer.ts';

const customer = useEmptyDatabase('customer');
const never = new AbortController().signal;
const tables = 300;

let stop: (() => Promise<void>) | null = null;
afterEach(async () => {
  await stop?.();
  stop = null;
});

// Our requests do not wait for the answer to the one before: a pooler must not take that for the end.
describe.skipIf(pgbouncerMissing)(`PgBouncer ${pgbouncerMissing ?? ''}`, () => {
  test.each(['transaction', 'session'] as const)(
    'by %s hands on checks and catalogs of many at once',
    async (mode) => {
      await customer.pool.query('drop schema public cascade; create schema public');
      await customer.pool.query(`do $$ begin
      for n in 1..${tables} loop execute format('create table t%s (a int, b text, c date)', n); end loop;
    end $$`);
      const pooler = await startPgbouncer(customer.url, mode);
      ({ stop } = pooler);

      const checks = Array.from({ length: 40 }, () => postgres.probe(targetOf(pooler.url), never));
      const catalogs = Array.from({ length: 4 }, () => Array.fromAsync(catalogOf(pooler.url)));
      const reports = await Promise.all(checks);
      expect(reports.filter(({ failure }) => failure !== null)).toEqual([]);
      const direct = await Array.fromAsync(catalogOf(customer.url));
      expect(direct).toHaveLength(tables);
      for (const catalog of await Promise.all(catalogs)) expect(catalog).toEqual(direct);
    },
  );
});
