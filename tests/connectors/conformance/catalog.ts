import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { CatalogTable } from '../../../shared/catalog.ts';
import type { Dialect } from '../../../shared/dialects.ts';
import { ConnectionFailure } from '../../../workers/connectors/connector.ts';
import { expectGone, openSockets } from './left-open.ts';
import type { Proofs } from './proofs.ts';
import { never, type Subject } from './subject.ts';

/** What every connector promises of the catalog that it reads. */
export function readsCatalogs({ under, server, target, read }: Subject, proofs: Proofs): void {
  test(
    'without tables is empty',
    proofs.of('catalog', async () => {
      expect(await read()).toEqual([]);
    }),
  );

  describe('of awkward tables', () => {
    beforeAll(() => server.execute(under.awkward.sql));

    test(
      'is read in full depth',
      proofs.of('catalog', async () => {
        const tables = sorted((await read()).map((table) => CatalogTable.parse(table)));
        expect(tables.map(withoutEstimate)).toEqual(
          sorted(under.awkward.expected).map(withoutEstimate),
        );
        proofs.saw(tables);
      }),
    );

    test(
      'reads the same a second time',
      proofs.of('catalog', async () => {
        expect(sorted(await read())).toEqual(sorted(await read()));
      }),
    );
  });

  describe('of a thousand tables', () => {
    beforeAll(async () => {
      for (const statement of under.thousandTables()) await server.execute(statement);
    });

    test(
      'agrees with what the server says in another way',
      proofs.of('catalog', async () => {
        const tables = await read();
        expect(tables.length).toBeGreaterThanOrEqual(1_000);
        expect(new Set(tables.map(({ schema, name }) => JSON.stringify([schema, name]))).size).toBe(
          tables.length,
        );
        expect(server.summarize(tables)).toEqual(await server.readBack());
        proofs.saw(tables);
      }),
    );

    test(
      'leaves nothing open when its reader stops early',
      proofs.of('catalog', async () => {
        const before = openSockets();
        for await (const table of under.connector.readCatalog(target(), never)) {
          expect(table.name).toBeTypeOf('string');
          break;
        }
        await expectGone(before, server);
      }),
    );

    test(
      'stops within two seconds when aborted amid its tables',
      proofs.of('cancel', async () => {
        const before = openSockets();
        const controller = new AbortController();
        const read: CatalogTable[] = [];
        let abortedAt = 0;
        const reading = (async () => {
          for await (const table of under.connector.readCatalog(target(), controller.signal)) {
            read.push(table);
            if (read.length > 1) continue;
            abortedAt = performance.now();
            controller.abort();
          }
          return 'all of it';
        })();
        const ending = await reading.catch((error: unknown) => error);
        expect(performance.now() - abortedAt).toBeLessThan(2_000);
        const lost = new ConnectionFailure('CONNECTION_LOST');
        // What has come already may still be told; which of the two it is, the machine decides.
        expect(inOnePortion.has(under.dialect) ? ['all of it', lost] : [lost]).toContainEqual(
          ending,
        );
        await expectGone(before, server);
      }),
    );

    test(
      'stops within two seconds when aborted, on the server too',
      proofs.of('cancel', async () => {
        const unblock = await server.block();
        // Also opens the test's own second connection, which is not ours to count.
        expect(await server.connections()).toBe(0);
        const before = openSockets();
        try {
          const controller = new AbortController();
          const reading = Array.fromAsync(under.connector.readCatalog(target(), controller.signal));
          const failure = expect(reading).rejects.toThrow(new ConnectionFailure('CONNECTION_LOST'));
          await sleep(300);
          const abortedAt = performance.now();
          controller.abort();
          await failure;
          expect(performance.now() - abortedAt).toBeLessThan(2_000);
          await expectGone(before, server);
        } finally {
          await unblock();
        }
      }),
    );
  });
}

/** Whose thousand tables are all here when the first one is: nothing is left to be stopped. */
const inOnePortion: ReadonlySet<Dialect> = new Set(['MYSQL', 'PLANETSCALE', 'POSTHOG']);

function sorted(tables: readonly CatalogTable[]): CatalogTable[] {
  const key = ({ schema, name }: CatalogTable): string => JSON.stringify([schema, name]);
  return [...tables].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Estimates change whenever the server feels like counting. */
function withoutEstimate({
  rowEstimate: _,
  ...table
}: CatalogTable): Omit<CatalogTable, 'rowEstimate'> {
  return table;
}
