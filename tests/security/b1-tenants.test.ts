import { beforeAll, describe, expect, test } from 'vitest';
import { surfaces } from '../../server/rest/surfaces/index.ts';
import { useApi } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { ask, overRest, overTrpc, withoutOrganization, type Call } from '../support/call.ts';
import {
  belongingsNamed as same,
  inputOf,
  matrixDefinition,
  procedures,
  rowOf,
  rows,
  type Belongings,
} from '../support/matrix.ts';
import { playVerifier } from '../support/play-verifier.ts';
import { storeTable } from '../support/store-table.ts';
import { digestTables } from './support/digest.ts';
import { belongings, furnished, join, type Furnished } from './support/tenants.ts';

// B1 of the security programme: who asks for another tenant's rows learns nothing and changes nothing.

const database = useDatabase();
const api = useApi(database);

/** Who asks, with what of its own. */
interface Asker {
  readonly key: string | null;
  readonly home: Furnished;
}

let victim: Furnished;
const askers: Record<string, Asker> = {};
const askerNames = [
  "another organization's admin",
  'a deactivated member',
  'a member',
  'a deactivated key',
  'an expired key',
  'nobody',
] as const;

beforeAll(async () => {
  victim = await furnished(api, 'Victim');
  const stranger = await furnished(api, 'Stranger');
  const member = await furnished(api, 'Member');
  const former = await furnished(api, 'Former');
  await join(database.pool, { userId: member.userId, orgId: victim.orgId }, { isActive: true });
  await join(database.pool, { userId: former.userId, orgId: victim.orgId }, { isActive: false });
  const { orgId } = victim;
  // The data source is not everyone's: to the member it is out of reach, wherever it asks from.
  const policy = { orgId, id: victim.dataSourceId, groupIds: [victim.groupId] };
  await api.client(victim).access.replace.mutate({ ...policy, mode: 'restricted' });
  const keys = api.client(victim).apiKeys;
  const dead = await keys.create.mutate({ orgId, name: 'dead' });
  await keys.deactivate.mutate({ orgId, id: dead.id });
  const expiring = await keys.create.mutate({
    orgId,
    name: 'expired',
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
  });
  await database.pool.query(
    `update api_key set expires_at = now() - '1 s'::interval where id = $1`,
    [expiring.id],
  );
  Object.assign(askers, {
    "another organization's admin": { key: stranger.key, home: stranger },
    'a deactivated member': { key: former.key, home: former },
    'a member': { key: member.key, home: member },
    'a deactivated key': { key: dead.key, home: victim },
    'an expired key': { key: expiring.key, home: victim },
    nobody: { key: null, home: victim },
  });
});

/** Ids of the right form that nobody has. */
const random: Belongings = {
  orgId: 'org_01jd5w9c3zf8r8kq4j0mpx2v7e',
  dataSourceId: 'ds_01jd5w9c3zf8r8kq4j0mpx2v7e',
  apiKeyId: 'key_01jd5w9c3zf8r8kq4j0mpx2v7e',
  memberId: 'mbr_01jd5w9c3zf8r8kq4j0mpx2v7e',
  groupId: 'grp_01jd5w9c3zf8r8kq4j0mpx2v7e',
  credentialId: 'crd_01jd5w9c3zf8r8kq4j0mpx2v7e',
  webhookId: 'whk_01jd5w9c3zf8r8kq4j0mpx2v7e',
  deliveryId: 'dlv_01jd5w9c3zf8r8kq4j0mpx2v7e',
  projectId: 'prj_01jd5w9c3zf8r8kq4j0mpx2v7e',
  syncId: 'run_01jd5w9c3zf8r8kq4j0mpx2v7e',
};

const malformed = ['x', "' or 1=1 --", '../..', '\0', 'a'.repeat(101), '%', '$ne', '🗝', 'null'];

interface Question {
  readonly column: string;
  /** What is asked, and the same about ids that nobody has. The answers must not differ. */
  readonly about: Belongings;
  readonly baseline: Belongings;
  readonly extra?: { readonly asked: object; readonly baseline: object };
}

/** The columns of the matrix for one procedure. */
function questions(procedure: string, home: Furnished): Question[] {
  const { org, thing } = rowOf(procedure);
  const extra = (field: string) => ({
    column: `own input with an extra ${field}`,
    about: home,
    baseline: home,
    extra: { asked: { [field]: victim.orgId }, baseline: { [field]: random.orgId } },
  });
  const extras = [...(org === 'orgId' ? [] : [extra('orgId')]), extra('organizationId')];
  if (!org) return extras;
  const ofOrganization: Question[] = [
    { column: 'foreign ids', about: victim, baseline: random },
    {
      column: 'foreign organization with own id',
      about: { ...home, orgId: victim.orgId },
      baseline: { ...home, orgId: random.orgId },
    },
  ];
  const ofThing: Question[] = [
    {
      column: 'own organization with foreign id',
      about: { ...victim, orgId: home.orgId },
      baseline: { ...random, orgId: home.orgId },
    },
    {
      column: 'own deleted id',
      about: { ...home.deleted, orgId: home.orgId },
      baseline: { ...random, orgId: home.orgId },
    },
    { column: 'foreign deleted id', about: victim.deleted, baseline: random },
    ...malformed.map((id) => ({
      column: `foreign organization with malformed id ${JSON.stringify(id)}`,
      about: { ...same(id), orgId: victim.orgId },
      baseline: { ...same(id), orgId: random.orgId },
    })),
  ];
  const bad = malformed.map((id) => ({
    column: `malformed id ${JSON.stringify(id)}`,
    about: same(id),
    baseline: same(id),
  }));
  return [...ofOrganization, ...extras, ...bad, ...(thing ? ofThing : [])];
}

/** The same call about something and about nothing, over one transport. */
interface Pair {
  readonly transport: string;
  readonly asked: Call;
  readonly nothing: Call;
  /** What a member is told whose role lacks the right, and who says which organization it means. */
  readonly asMember: Call | null;
}

/** What the matrix asks, over each transport. */
function callsOf(procedure: string, { about, baseline, extra }: Question, home: Furnished): Pair[] {
  const [asked, nothing] = [inputOf(procedure, about), inputOf(procedure, baseline)];
  const there = inputOf(procedure, { ...random, orgId: about.orgId });
  const { thing } = rowOf(procedure);
  const isForeign = thing !== undefined && about[thing] !== home[thing] && !extra;
  const pairOf = (
    transport: string,
    over: (input: typeof asked, beside?: object) => Call | null,
  ) => {
    const call = over(asked, extra?.asked);
    const baselineCall = over(nothing, extra?.baseline);
    if (!call || !baselineCall) return [];
    return [{ transport, asked: call, nothing: baselineCall, asMember: over(there) }];
  };
  return [
    ...pairOf('trpc', (input, beside) => overTrpc(procedure, { ...input, ...beside })),
    // Where the extra field is what a surface calls the organization, it is no extra one.
    ...surfaces
      .filter(({ organizationName }) => !(organizationName in (extra?.asked ?? {})))
      .flatMap((surface) => [
        ...pairOf(surface.name, (input, beside) =>
          overRest(surface, procedure, input, { ...beside }),
        ),
        ...(isForeign
          ? pairOf(`${surface.name} without organization`, (input) =>
              overRest(surface, procedure, withoutOrganization(procedure, input)),
            ).map((pair) => ({ ...pair, asMember: null }))
          : []),
      ]),
  ];
}

test('every procedure has a row, and every row a procedure', () => {
  expect(Object.keys(rows).sort()).toEqual([...procedures].sort());
});

describe.each(askerNames)('%s learns nothing and changes nothing', (name) => {
  test.each(procedures)('by %s', async (procedure) => {
    const asker = askers[name];
    if (!asker) throw new Error(`${name} was not made`);
    const before = await digestTables(database.pool);
    const events = await countEvents();
    await Promise.all(
      questions(procedure, asker.home).map(async (question) => {
        if (name === 'a member' && isMembersOwn(procedure, question)) return;
        for (const pair of callsOf(procedure, question, asker.home)) {
          const where = `${pair.transport}, ${question.column}`;
          const answer = await ask(api.url, pair.asked, asker.key);
          expect(answer.status, where).toBeGreaterThanOrEqual(400);
          expect(answer.status, where).toBeLessThan(500);
          expect(JSON.stringify(answer.body), where).not.toContain(victim.key);
          // A member of the organization is told what the role lacks, whatever the id.
          const isMember = name === 'a member' && answer.status === 403 && pair.asMember !== null;
          if (isMember) expect(question.about.orgId, where).toBe(victim.orgId);
          const compared = isMember ? pair.asMember : pair.nothing;
          expect(answer, where).toEqual(await ask(api.url, compared ?? pair.nothing, asker.key));
          const isUnknown = asker.key === null || name.endsWith('key');
          if (isUnknown && !rowOf(procedure).isOpen) expect(answer.status, where).toBe(401);
        }
      }),
    );
    const after = await digestTables(database.pool);
    expect(name === 'a member' ? withoutTrail(after) : after).toEqual(
      name === 'a member' ? withoutTrail(before) : before,
    );
    // A member's refusals are on record, each under its own name, and nothing else is.
    const member = askers['a member'];
    expect(await eventsSince(events)).toEqual(
      name === 'a member'
        ? Array((await countEvents()) - events).fill({
            action: 'permission.refused',
            organization_id: victim.orgId,
            user_id: member?.home.userId,
            procedure,
          })
        : [],
    );
  });
});

const countEvents = async (): Promise<number> => {
  const { rows } = await database.pool.query<{ n: number }>(
    'select count(*)::int as n from audit_event',
  );
  return rows[0]?.n ?? 0;
};

/** Who was refused what, in the events that came after the first so many. */
async function eventsSince(count: number): Promise<unknown[]> {
  const { rows } = await database.pool.query(
    `select e.action, e.organization_id, k.user_id, e.details::json->>'procedure' as procedure
     from (select * from audit_event order by id offset $1) e
     left join api_key k on k.id = e.actor_id`,
    [count],
  );
  return rows;
}

/** The digests of everything but the audit trail. */
const withoutTrail = (digests: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(digests).filter(([table]) => !table.startsWith('public.audit_')),
  );

/** What members may do in their organization is no question of the matrix. */
function isMembersOwn(procedure: string, { about }: Question): boolean {
  return rowOf(procedure).isForMembers === true && about.orgId === victim.orgId;
}

describe('what a member may see', () => {
  test('is the organization, without its jwtSecret', async () => {
    const key = askers['a member']?.key ?? null;
    const path = `/api/public/organizations/${victim.orgId}`;
    const answer = await ask(api.url, { method: 'GET', path }, key);
    expect(answer).toMatchObject({ status: 200, body: { data: { id: victim.orgId } } });
    expect(JSON.stringify(answer.body)).not.toContain('jwtSecret');
    const asked = await ask(api.url, { method: 'GET', path: `${path}?include=jwtSecret` }, key);
    const nowhere = `/api/public/organizations/${random.orgId}?include=jwtSecret`;
    expect(asked).toEqual(await ask(api.url, { method: 'GET', path: nowhere }, key));
    expect(asked.status).toBe(404);
  });

  test.each(["another organization's admin", 'a deactivated member'])(
    'is not in the list of %s',
    async (name) => {
      const asker = askers[name];
      const list = await ask(api.url, overTrpc('organizations.list', {}), asker?.key ?? null);
      expect(list.status).toBe(200);
      expect(JSON.stringify(list.body)).toContain(asker?.home.orgId);
      expect(JSON.stringify(list.body)).not.toContain(victim.orgId);
    },
  );
});

test("a foreign cursor shows one's own rows or none, and not whether it is there", async () => {
  const { home, key } = askers["another organization's admin"] ?? { home: victim, key: null };
  const table = await storeTable(database, victim.dataSourceId, {
    ...matrixDefinition,
    name: 'secret',
  });
  const list = (procedure: string, cursor: string) =>
    ask(api.url, overTrpc(procedure, inputOf(procedure, home, { cursor })), key);
  for (const procedure of procedures.filter((name) => /\.list/.test(name))) {
    for (const cursor of [victim.dataSourceId, victim.apiKeyId, victim.orgId, table]) {
      const answer = await list(procedure, cursor);
      expect([200, 400], procedure).toContain(answer.status);
      const shown = JSON.stringify(answer.body);
      for (const id of Object.values(victim)) expect(shown).not.toContain(`"id":"${String(id)}"`);
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
      const own = await belongings(api, victim);
      await storeTable(database, own.dataSourceId, matrixDefinition);
      const call = over(inputOf(procedure, own));
      if (!call) continue;
      const answered = new AbortController();
      if (procedure === 'dataSources.verify') void playVerifier(database.pool, answered.signal);
      const { status, body } = await ask(api.url, call, victim.key);
      answered.abort();
      expect(status, JSON.stringify(body)).toBeLessThan(300);
    }
  });
});
