import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { permissions, type Permission, type Scope } from '../../server/identity/permissions.ts';
import { surfaces } from '../../server/rest/surfaces/index.ts';
import { readRules, type Rule } from '../contract/permissions/read-rules.ts';
import { useApi, type TestTenant } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { ask, overRest, overTrpc, type Answer, type Call } from '../support/call.ts';
import {
  inputOf,
  matrixDefinition,
  mutations,
  rowOf,
  type Belongings,
  thingsNamedBy,
  type Thing,
} from '../support/matrix.ts';
import { playVerifier } from '../support/play-verifier.ts';
import { storeTable } from '../support/store-table.ts';
import { digestTables } from './support/digest.ts';
import { belongings } from './support/tenants.ts';

// B2 of the security programme, the scopes: the table of PERMISSIONS.md is what the server does.

const database = useDatabase();
const api = useApi(database);

let admin: TestTenant;
let member: TestTenant;
let shared: Belongings;
/** Of the admin, for each permission: a key with that scope alone, and one with every other scope. */
const keys = new Map<Permission, { readonly only: string; readonly allBut: string }>();

beforeAll(async () => {
  admin = await api.tenant();
  member = await api.member(admin, 'MEMBER');
  shared = await furnish();
  await Promise.all(
    permissions.map(async (permission) => {
      const others = permissions.filter((other) => other !== permission);
      const [only, allBut] = await Promise.all([keyWith([permission]), keyWith(others)]);
      keys.set(permission, { only, allBut });
    }),
  );
});

async function keyWith(scopes: Scope[]): Promise<string> {
  const { orgId } = admin;
  return (await api.client(admin).apiKeys.create.mutate({ orgId, name: 'scoped', scopes })).key;
}

/** Belongings whose spare key may be rotated by whoever has `api-keys:write`. */
async function furnish(wanted?: readonly Thing[]): Promise<Belongings> {
  const own = await belongings(api, admin, wanted);
  const has = (thing: Thing) => wanted?.includes(thing) ?? true;
  if (has('dataSourceId')) await storeTable(database, own.dataSourceId, matrixDefinition);
  if (has('backupRunId')) await playBackup(own.backupRunId);
  if (!has('apiKeyId')) return own;
  const { orgId } = admin;
  const scopes: Scope[] = ['api-keys:write'];
  const spare = await api.client(admin).apiKeys.update.mutate({ orgId, id: own.apiKeyId, scopes });
  return { ...own, apiKeyId: spare.id };
}

/** Plays the worker: the backup is there, and may be downloaded. */
async function playBackup(id: string): Promise<void> {
  await database.pool.query(
    `update backup_run set status = 'SUCCESS', content = $2 where id = $1`,
    [id, gzipSync('{}\n')],
  );
}

type Guarded = Rule & { readonly permission: Permission };

const guarded = readRules().filter((rule): rule is Guarded => rule.permission !== null);

/** The call over each transport that has it. Streams have no plain RPC. */
function callsOf({ procedure }: Rule, of: Belongings): { transport: string; call: Call }[] {
  // No key makes one that may do more than itself, which is what it would ask for by default.
  const extra = procedure === 'apiKeys.create' ? { scopes: ['api-keys:write'] } : {};
  const input = inputOf(procedure, of, extra);
  const rpc = { transport: 'trpc', call: overTrpc(procedure, input) };
  return [
    ...(rowOf(procedure).streams ? [] : [rpc]),
    ...surfaces.flatMap((surface) => {
      const call = overRest(surface, procedure, input);
      return call ? [{ transport: surface.name, call }] : [];
    }),
  ];
}

/** What a refusal is on a transport: 403 with the permission's name, but where the contract hides it. */
function expectRefusal({ status, body }: Answer, transport: string, permission: Permission): void {
  if (transport === 'public') {
    expect([status, body]).toEqual([
      404,
      { error: { title: 'NotFound', detail: 'Organization not found' } },
    ]);
    return;
  }
  expect(status, transport).toBe(403);
  expect(JSON.stringify(body), transport).toContain(permission);
}

/** Digests of everything but the audit trail, where refusals are on record. */
async function untrailed(): Promise<Record<string, string>> {
  const digests = Object.entries(await digestTables(database.pool));
  return Object.fromEntries(digests.filter(([table]) => !table.startsWith('public.audit_')));
}

describe('a key with every scope but the one', () => {
  let before: Record<string, string>;
  beforeAll(async () => {
    before = await untrailed();
  });

  test.each(guarded)('is refused by $procedure', async (rule) => {
    await Promise.all(
      callsOf(rule, shared).map(async ({ transport, call }) => {
        const answer = await ask(api.url, call, keys.get(rule.permission)?.allBut ?? '');
        expectRefusal(answer, transport, rule.permission);
      }),
    );
  });

  test('has changed nothing by any of it', async () => {
    expect(await untrailed()).toEqual(before);
  });
});

describe('a MEMBER with every scope', () => {
  test.each(guarded)('finds $procedure as the table has it', async (rule) => {
    const mayCall = rule.roles.includes('MEMBER');
    for (const { transport, call } of callsOf(rule, shared)) {
      const answer = await ask(api.url, call, member.key);
      const isForAdmins = transport === 'public' && rule.permission !== 'organizations:read';
      const isInOrganization = rowOf(rule.procedure).org !== null;
      if (mayCall && !(isForAdmins && isInOrganization)) {
        expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
      } else {
        expectRefusal(answer, transport, rule.permission);
      }
    }
  });
});

// Last, because it changes things.
describe('a key with that scope alone', () => {
  test.each(guarded)('is let in by $procedure', async (rule) => {
    const key = keys.get(rule.permission)?.only ?? '';
    // One transport will do: what a caller may do on each of them, B1 asks with every scope.
    const isMutation = mutations.includes(rule.procedure);
    const own = isMutation ? await furnish(thingsNamedBy(rule.procedure)) : shared;
    const [first] = callsOf(rule, own);
    if (!first) throw new Error(`${rule.procedure} is nowhere to be called`);
    const answered = new AbortController();
    if (rule.procedure === 'dataSources.verify') void playVerifier(database.pool, answered.signal);
    // Unlike `ask`, it reads streams too.
    const { method, path, body: sent } = first.call;
    const { status, body } = await api.request(method, path, { key, body: sent });
    answered.abort();
    const text = JSON.stringify(body);
    if (rowOf(rule.procedure).needsSession) {
      // Let in as far as a key gets: it lacks no permission, it lacks a password typed lately.
      expect([status, text], text).toEqual([403, expect.stringContaining('Sign in again')]);
      expect(text).not.toContain(rule.permission);
    } else {
      expect(status, text).toBeLessThan(300);
    }
  });
});

test('a key is taken by nothing that is for sessions, whatever its scopes', async () => {
  const forSessions = readRules().filter(({ procedure }) => rowOf(procedure).needsSession);
  for (const rule of forSessions) {
    for (const { transport, call } of callsOf(rule, shared)) {
      const { status } = await ask(api.url, call, admin.key);
      expect([rule.procedure, status]).toEqual([
        rule.procedure,
        transport === 'public' ? 404 : 403,
      ]);
    }
  }
});
