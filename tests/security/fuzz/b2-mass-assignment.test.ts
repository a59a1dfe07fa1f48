import { beforeAll, describe, expect, test } from 'vitest';
import { camelCase, snakeCase } from '../../../server/rest/naming/spelling.ts';
import { useApi } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { mutations } from '../../support/matrix.ts';
import { digestTables } from '../support/digest.ts';
import { makeCallers, type Callers } from './callers.ts';
import { createClient, forAll } from './client.ts';
import { requestOf } from './request.ts';
import { allTargets, type Target } from './targets.ts';

// B2 of the security programme, mass assignment: whatever a row has beside what its writes declare is
// nobody's to set.

const database = useDatabase();
const api = useApi(database);
let callers: Callers;
/** Every column of every table, as it is called there and as our code calls it. */
let columns: string[];

beforeAll(async () => {
  callers = await makeCallers(api, database);
  const { rows } = await database.pool.query<{ name: string }>(
    `select distinct column_name as name from information_schema.columns where table_schema = 'public'`,
  );
  const camel = rows.map(({ name }) =>
    name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
  );
  columns = [...new Set([...rows.map(({ name }) => name), ...camel])];
});

/** A message names twenty fields at most. */
const atOnce = 20;
const chunksOf = (names: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(names.length / atOnce) }, (_, n) =>
    names.slice(n * atOnce, (n + 1) * atOnce),
  );

const writes = allTargets().filter(({ procedure }) => mutations.includes(procedure));

describe.each(['public', 'v1', 'keyed', 'trpc'])('over %s', (transport) => {
  const targets = writes.filter((target) => target.transport === transport);

  test('no write takes a column that it does not declare', async () => {
    const before = await digestTables(database.pool);
    const client = createClient(api.url, 8);
    const taken: string[] = [];

    /** Sends a right input with these fields besides; gives those that were not called unknown. */
    const unrefused = async (target: Target, names: readonly string[]): Promise<string[]> => {
      const [own] = callers.own;
      const extra = Object.fromEntries(names.map((name) => [name, 'x']));
      const values = { ...(own ? target.valid(own) : {}), ...extra };
      const { status, text } = await client.ask(requestOf(target, values), callers.bearer);
      if (status !== 400) return names.map((name) => `${name}: ${status}`);
      return names.filter((name) => !text.includes(`${name}: Unknown`));
    };

    await forAll(targets, 8, async (target) => {
      const declared = new Set(target.fields.map(({ name }) => name));
      for (const names of chunksOf(columns.filter((name) => !declared.has(name)))) {
        // What is refused for its spelling is told alone: the others are asked again, one by one.
        for (const name of await unrefused(target, names)) {
          const [still] = await unrefused(target, [name.replace(/:.*/, '')]);
          if (still !== undefined) taken.push(`${target.procedure}: ${still}`);
        }
      }
    });
    await client.close();
    expect(taken).toEqual([]);
    expect(columns.length).toBeGreaterThan(200);
    expect(await digestTables(database.pool)).toEqual(before);
  }, 60_000);
});

test('both spellings of a column are among what was tried', () => {
  for (const name of ['passwordHash', 'organizationId', 'deletedAt', 'isBillable']) {
    expect(columns).toContain(camelCase(name));
    expect(columns).toContain(snakeCase(name));
  }
});
