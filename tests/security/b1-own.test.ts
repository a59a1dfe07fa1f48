import { beforeAll, describe, expect, test } from 'vitest';
import { surfaces } from '../../server/rest/surfaces/index.ts';
import { useApi } from '../support/api.ts';
import { ask, overRest, overTrpc, withoutOrganization } from '../support/call.ts';
import { useDatabase } from '../support/database.ts';
import {
  inputOf,
  matrixDefinition,
  procedures,
  rowOf,
  mutations,
  thingsNamedBy,
  type Belongings,
  type Thing,
} from '../support/matrix.ts';
import { playVerifier } from '../support/play-verifier.ts';
import { storeTable } from '../support/store-table.ts';
import { makeAskers, random } from './support/askers.ts';
import { belongings } from './support/tenants.ts';

// The other half of B1: what is somebody's own is there, and nothing of others with it.

const database = useDatabase();
const api = useApi(database);

let cast: Awaited<ReturnType<typeof makeAskers>>;
beforeAll(async () => {
  cast = await makeAskers(database, api);
});

describe('what a member may see', () => {
  test('is the organization, without its jwtSecret', async () => {
    const key = cast.askers['a member'].key;
    const path = `/api/public/organizations/${cast.victim.orgId}`;
    const answer = await ask(api.url, { method: 'GET', path }, key);
    expect(answer).toMatchObject({ status: 200, body: { data: { id: cast.victim.orgId } } });
    expect(JSON.stringify(answer.body)).not.toContain('jwtSecret');
    const asked = await ask(api.url, { method: 'GET', path: `${path}?include=jwtSecret` }, key);
    const nowhere = `/api/public/organizations/${random.orgId}?include=jwtSecret`;
    expect(asked).toEqual(await ask(api.url, { method: 'GET', path: nowhere }, key));
    expect(asked.status).toBe(404);
  });

  test.each(["another organization's admin", 'a deactivated member'] as const)(
    'is not in the list of %s',
    async (name) => {
      const { key, home } = cast.askers[name];
      const list = await ask(api.url, overTrpc('organizations.list', {}), key);
      expect(list.status).toBe(200);
      expect(JSON.stringify(list.body)).toContain(home.orgId);
      expect(JSON.stringify(list.body)).not.toContain(cast.victim.orgId);
    },
  );
});

test("a foreign cursor shows one's own rows or none, and not whether it is there", async () => {
  const { home, key } = cast.askers["another organization's admin"];
  const table = await storeTable(database, cast.victim.dataSourceId, {
    ...matrixDefinition,
    name: 'secret',
  });
  const list = (procedure: string, cursor: string) =>
    ask(api.url, overTrpc(procedure, inputOf(procedure, home, { cursor })), key);
  for (const procedure of procedures.filter((name) => /\.list/.test(name))) {
    for (const cursor of [
      cast.victim.dataSourceId,
      cast.victim.apiKeyId,
      cast.victim.orgId,
      table,
    ]) {
      const answer = await list(procedure, cursor);
      expect([200, 400], procedure).toContain(answer.status);
      const shown = JSON.stringify(answer.body);
      for (const id of Object.values(cast.victim))
        expect(shown).not.toContain(`"id":"${String(id)}"`);
    }
  }
  const known = await list('catalog.listTables', table);
  expect(known).toEqual(await list('catalog.listTables', 'tbl_01jd5w9c3zf8r8kq4j0mpx2v7e'));
});

// Last, because it changes things: the same inputs do work for those who may, so that what was
// refused above was refused for who asked and for nothing else.
describe('the admin of the organization', () => {
  // What asks for a password or a session is no matter of keys: tests/features/identity/auth.test.ts. Streams
  // are read by tests of their own.
  const byKey = procedures.filter((name) => {
    const { isOpen, needsSession, streams } = rowOf(name);
    return !isOpen && !needsSession && !streams;
  });
  const furnish = async (wanted?: readonly Thing[]): Promise<Belongings> => {
    const own = await belongings(api, cast.victim, wanted);
    const hasSource = wanted?.includes('dataSourceId') ?? true;
    if (hasSource) await storeTable(database, own.dataSourceId, matrixDefinition);
    return own;
  };
  /** For whatever changes nothing. */
  let shared: Belongings;
  beforeAll(async () => {
    shared = await furnish();
  });

  test.each(byKey)('may call %s', async (procedure) => {
    const overEach = [
      (input: object) => overTrpc(procedure, { ...input }),
      ...surfaces.map((surface) => (input: object) => overRest(surface, procedure, { ...input })),
      // Leaving out the organization is the ordinary way to ask, where it can be left out.
      ...surfaces.map((surface) => (input: object) => {
        const less = withoutOrganization(procedure, { ...input });
        return rowOf(procedure).org ? overRest(surface, procedure, less) : null;
      }),
    ];
    for (const over of overEach) {
      if (!over(inputOf(procedure, random))) continue;
      const isMutation = mutations.includes(procedure);
      const own = await (isMutation ? furnish(thingsNamedBy(procedure)) : shared);
      const call = over(inputOf(procedure, own));
      if (!call) continue;
      const answered = new AbortController();
      if (procedure === 'dataSources.verify') void playVerifier(database.pool, answered.signal);
      const { status, body } = await ask(api.url, call, cast.victim.key);
      answered.abort();
      expect(status, JSON.stringify(body)).toBeLessThan(300);
    }
  });
});
