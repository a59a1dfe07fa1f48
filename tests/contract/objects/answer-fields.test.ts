import { beforeAll, describe, expect, test } from 'vitest';
import { isPage } from '../../../server/paging/paging.ts';
import { operationsOf, type RestOperation } from '../../../server/rest/routes.ts';
import type { Surface } from '../../../server/rest/surface.ts';
import { surfaces } from '../../../server/rest/surfaces/index.ts';
import { password } from '../../features/identity/people.ts';
import { belongings } from '../../security/support/tenants.ts';
import { useApi, type TestTenant } from '../../support/api.ts';
import { contentOf, overRest } from '../../support/call.ts';
import { useDatabase } from '../../support/database.ts';
import {
  inputOf,
  matrixDefinition,
  mutations,
  rowOf,
  type Belongings,
} from '../../support/matrix.ts';
import { setPassword } from '../../support/people/set-password.ts';
import { playVerifier } from '../../support/play-verifier.ts';
import { storeTable } from '../../support/store-table.ts';
import { contractObjects, type ContractObject } from './contract-objects.ts';
import { surfaceFacts } from './envelopes.ts';
import { isObject, misfits } from './fields.ts';

// What each surface really answers is what the contracts say of it, down to the last field. Documents
// may be silent about a field that is there all the same; an answer cannot be.

const database = useDatabase();
const api = useApi(database);

let tenant: TestTenant;
let shared: Belongings;

const furnish = async (): Promise<Belongings> => {
  const own = await belongings(api, tenant);
  await storeTable(database, own.dataSourceId, matrixDefinition);
  return own;
};

beforeAll(async () => {
  tenant = await api.tenant();
  shared = await furnish();
});

// Newest first, and ids are made of time; but those of tables are not, and audit events follow their
// chain, where two of one millisecond may have ids the other way round.
const ordersOfTheirOwn = new Set(['catalog.listTables', 'audit.list']);

interface Case {
  readonly name: string;
  readonly object: ContractObject;
  readonly procedure: string;
  readonly status: number;
  readonly operation: RestOperation;
}

function casesOf(surface: Surface): Case[] {
  const operations = operationsOf(surface);
  return Object.entries(contractObjects).flatMap(([name, object]) =>
    Object.entries(object.answers).flatMap(([procedure, status]) => {
      const { isOpen, needsSession } = rowOf(procedure);
      const isHere = (object.surfaces?.includes(surface.name) ?? true) && !isOpen && !needsSession;
      const operation = operations.find((each) => each.procedure === procedure);
      return isHere && operation ? [{ name, object, procedure, status, operation }] : [];
    }),
  );
}

/** The objects in an answer, out of the surface's envelope. */
function objectsIn(surface: Surface, { operation }: Case, body: unknown): unknown[] {
  const { one, list } = surfaceFacts[surface.name];
  return isPage(operation.output) ? list(body, operation.resource) : [one(body)];
}

async function answerOf(surface: Surface, procedure: string) {
  const own = await (mutations.includes(procedure) ? furnish() : Promise.resolve(shared));
  const call = overRest(surface, procedure, inputOf(procedure, own));
  if (!call) throw new Error(`${procedure} cannot be asked for`);
  const answered = new AbortController();
  if (procedure === 'dataSources.verify') void playVerifier(database.pool, answered.signal);
  const { headers, ...content } = contentOf(call);
  const response = await fetch(`${api.url}${call.path}`, {
    ...{ method: call.method, ...content },
    headers: { ...headers, authorization: `Bearer ${tenant.key}` },
  });
  answered.abort();
  return { status: response.status, body: await response.json() };
}

describe.each(surfaces)('on the $name surface', (surface) => {
  const { spell } = surfaceFacts[surface.name];

  test.each(casesOf(surface))('$procedure answers: $name', async (asked) => {
    const { object, procedure, status } = asked;
    const answer = await answerOf(surface, procedure);
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    const found = objectsIn(surface, asked, answer.body);
    expect(found).not.toEqual([]);
    const isOpen = object.isOpen ?? false;
    for (const each of found) expect(misfits(each, object.fields, { spell, isOpen })).toEqual([]);
    const ids = found.map((each) => (isObject(each) ? each['id'] : undefined));
    if (!ordersOfTheirOwn.has(procedure)) expect(ids).toEqual([...ids].sort().reverse());
  });
});

describe('what is told only to who asks for it', () => {
  test('the jwtSecret of an organization', async () => {
    const path = `/api/public/organizations/${tenant.orgId}`;
    const plain = await api.request('GET', path, { key: tenant.key });
    const asked = await api.request('GET', `${path}?include=jwtSecret`, { key: tenant.key });
    expect(plain).toMatchObject({ status: 200 });
    expect(JSON.stringify(plain.body)).not.toContain('jwtSecret');
    expect(asked.body).toEqual({
      data: {
        ...(surfaceFacts.public.one(plain.body) as object),
        jwtSecret: expect.stringMatching(/^.{32,}$/),
      },
    });
  });
});

test('a sign-in and a refresh answer tokens, and nothing else', async () => {
  const email = await setPassword(database, tenant, password);
  const { fields } = contractObjects['tokens'] ?? { fields: {} };
  const { spell, one } = surfaceFacts.v1;
  const signedIn = await api.request('POST', '/api/v1/auth/login', { body: { email, password } });
  const tokens = one(signedIn.body);
  expect(misfits(tokens, fields, { spell })).toEqual([]);
  expect(tokens).toMatchObject({ expires_in: 600 });
  const refreshToken = isObject(tokens) ? tokens['refresh_token'] : undefined;
  const body = { refresh_token: refreshToken };
  const refreshed = await api.request('POST', '/api/v1/auth/refresh', { body });
  expect(misfits(one(refreshed.body), fields, { spell })).toEqual([]);
});

test('whatever is missing, too much or of another kind is seen', () => {
  const fields = {
    id: 'id',
    at: 'date-time|null',
    of: { kind: ['A', 'B'] },
    'more?': 'string',
  } as const;
  const right = { id: `org_${'0'.repeat(26)}`, at: null, of: { kind: 'A' } };
  const options = { spell: (name: string) => name };
  expect(misfits(right, fields, options)).toEqual([]);
  const wrong = { id: 'x', of: { kind: 'C', x: 1 }, more: 1 };
  expect(misfits(wrong, fields, options)).toEqual([
    'id is no id: "x"',
    'at is missing',
    'of.x is not in the contract',
    'of.kind is "C"',
    'more is no string: 1',
  ]);
});
