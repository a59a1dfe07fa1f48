import { describe, expect, test } from 'vitest';
import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import type { Connection } from '../../../shared/connection.ts';
import type { ProbeStepName } from '../../../shared/probe.ts';
import type { ProbeReport } from '../../../workers/connectors/connector.ts';
import { createEgressPolicy } from '../../../workers/egress/policy.ts';
import { freePort } from '../../support/free-port.ts';
import { expectGone, openSockets } from './left-open.ts';
import type { Proofs } from './proofs.ts';
import { never, type Subject, type WrongField } from './subject.ts';

const plainSteps = ['resolve', 'address', 'connect', 'sign-in', 'query', 'catalog'];

type Case = [string, () => Promise<ProbeReport>, string, ConnectionFailureCode];

/** What every connector promises of its probe. */
export function probes(subject: Subject, proofs: Proofs): void {
  const { under, server, probe, target } = subject;

  test(
    'of a healthy server passes every layer and names the version',
    proofs.of('probe', async () => {
      const report = await probe();
      expect(report.failure).toBeNull();
      expect(report.steps.map(({ step }) => step)).toEqual(under.steps ?? plainSteps);
      expect(report.serverVersion).toMatch(under.version ?? /\d/);
      const total = report.steps.reduce((sum, { durationMs }) => sum + durationMs, 0);
      expect(report.durationMs).toBeGreaterThanOrEqual(total);
    }),
  );

  describe('with a wrong', () => {
    for (const [what, run, step, failure] of wrongCases(subject)) {
      test(
        `${what} says so`,
        proofs.of('probe', async () => {
          const report = await run();
          expect(report.failure).toBe(failure);
          expect(report.steps.at(-1)).toMatchObject({ step, failure });
          expect(report.steps.slice(0, -1).every((passed) => passed.failure === null)).toBe(true);
          expect(report.serverVersion).toBeNull();
        }),
      );
    }
  });

  // A file has no address.
  if (!subject.isFile) {
    test(
      'of an address that is closed opens nothing',
      proofs.of('probe', async () => {
        const egress = createEgressPolicy({ allowCidrs: [], ownEndpoints: [] });
        const report = await under.connector.probe({ ...target(), egress }, never);
        expect(report.steps.at(-1)).toMatchObject({
          step: 'address',
          failure: 'ADDRESS_NOT_ALLOWED',
        });
      }),
    );
  }

  test(
    'that is aborted, before or meanwhile, still answers',
    proofs.of('cancel', async () => {
      expect((await under.connector.probe(target(), AbortSignal.abort())).failure).not.toBeNull();
      const unblock = await server.block();
      try {
        const startedAt = performance.now();
        const report = await under.connector.probe(target(), AbortSignal.timeout(200));
        expect(report.failure).toBe('TIMEOUT');
        expect(performance.now() - startedAt).toBeLessThan(2_000);
      } finally {
        await unblock();
      }
    }),
  );

  test(
    'twenty probes, good and bad, leave nothing open behind',
    proofs.of('probe', async () => {
      const before = openSockets();
      const [bad] = wrongCases(subject).slice(-1);
      const all = Array.from({ length: 20 }, (_, n) => (n % 2 && bad ? bad[1]() : probe()));
      const reports = await Promise.all(all);
      expect(reports.filter(({ failure }) => failure === null)).toHaveLength(10);
      await expectGone(before, server);
    }),
  );
}

/** What can be wrong with a connection, and what is then said; last, what reaches furthest. */
function wrongCases({ under, probe, wrongPassword, isFile }: Subject): Case[] {
  /** The usual way in which something is wrong, unless the dialect has its own, or none. */
  function usual(
    what: WrongField,
    run: () => Promise<ProbeReport>,
    step: ProbeStepName,
    failure: ConnectionFailureCode,
  ): Case[] {
    const own = under.wrong?.[what];
    if (own === null) return [];
    if (own) return [[what, () => probe(own.changes), own.step, own.failure]];
    return [[what, run, step, failure]];
  }
  const has = (changes: Partial<Connection>) => () => probe(changes);
  const refused = 'AUTHENTICATION_FAILED';
  const database = usual(
    'database',
    has({ databaseName: 'no such database' }),
    'sign-in',
    'DATABASE_NOT_FOUND',
  );
  if (isFile) return database;
  return [
    ...usual('host', has({ host: 'no-such-host.invalid' }), 'resolve', 'HOST_NOT_FOUND'),
    ...usual(
      'port',
      async () => probe({ port: await freePort() }),
      'connect',
      'CONNECTION_REFUSED',
    ),
    ...usual('user', has({ username: 'nobody "of" that name' }), 'sign-in', refused),
    ...database,
    ...usual('password', () => probe({}, wrongPassword), 'sign-in', refused),
  ];
}
