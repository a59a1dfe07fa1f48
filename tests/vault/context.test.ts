import fc from '../support/fast-check.ts';
import { expect, inject, test } from 'vitest';
import type { Connection } from '../../shared/connection.ts';
import { destinationFields, destinationOf } from '../../shared/vault/destination.ts';
import { encodeContext } from '../../shared/vault/envelope.ts';
import { connections, contexts } from './fixtures.ts';

const numRuns = inject('size') === 'nightly' ? 100_000 : 5_000;

test('two places never share an encoding', () => {
  fc.assert(
    fc.property(contexts, contexts, (a, b) => {
      const isSame = JSON.stringify(a) === JSON.stringify(b);
      expect(encodeContext(a).equals(encodeContext(b))).toBe(isSame);
    }),
    { numRuns },
  );
});

test('moving text over the border of two fields gives another encoding', () => {
  fc.assert(
    fc.property(contexts, fc.nat({ max: 12 }), (a, cut) => {
      const text = a.organizationId + a.ownerId + a.field;
      const moved = {
        ...a,
        organizationId: text.slice(0, cut),
        ownerId: text.slice(cut, cut + 3),
        field: text.slice(cut + 3),
      };
      const isSame = (['organizationId', 'ownerId', 'field'] as const).every(
        (name) => a[name] === moved[name],
      );
      // A cut through a surrogate pair is not a text that reaches a context.
      fc.pre(Object.values(moved).every((value) => String(value).isWellFormed()));
      expect(encodeContext(a).equals(encodeContext(moved))).toBe(isSame);
    }),
    { numRuns },
  );
});

/** What a destination is made of, with the documented normalisation and nothing else. */
function identity(connection: Connection): string {
  const values = destinationFields.map((field) => {
    const value = connection[field];
    const isHost = (field === 'host' || field === 'sshHost') && typeof value === 'string';
    return isHost ? value.toLowerCase().replace(/\.$/, '') : value;
  });
  return JSON.stringify([connection.dialect, values]);
}

test('two destinations share a line only when they differ in case or a trailing dot of a host', () => {
  fc.assert(
    fc.property(connections, connections, (a, b) => {
      expect(destinationOf(a) === destinationOf(b)).toBe(identity(a) === identity(b));
    }),
    { numRuns },
  );
});

test('a change of any one destination field changes the line', () => {
  fc.assert(
    fc.property(connections, connections, (a, b) => {
      for (const field of destinationFields) {
        const changed = { ...a, [field]: b[field] };
        const isSame = identity(a) === identity(changed);
        expect(destinationOf(changed) === destinationOf(a), field).toBe(isSame);
      }
    }),
    { numRuns: Math.min(numRuns, 20_000) },
  );
});

test('null, the empty text and a dash are three things', () => {
  fc.assert(
    fc.property(connections, (a) => {
      const lines = [null, '', '-', '=', '=-'].map((username) => destinationOf({ ...a, username }));
      expect(new Set(lines).size).toBe(5);
    }),
    { numRuns: 200 },
  );
});

test('what does not decide where a secret travels is not part of the line', () => {
  fc.assert(
    fc.property(connections, connections, (a, b) => {
      const { databaseName, snowflakeWarehouse, snowflakeRole, maxPoolSize } = b;
      const changed = { ...a, databaseName, snowflakeWarehouse, snowflakeRole, maxPoolSize };
      expect(destinationOf(changed)).toBe(destinationOf(a));
    }),
    { numRuns: 500 },
  );
});
