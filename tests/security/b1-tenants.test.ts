import { beforeAll, describe, expect, test } from 'vitest';
import { useApi } from '../support/api.ts';
import { ask, type Answer, type Call } from '../support/call.ts';
import { useDatabase } from '../support/database.ts';
import { procedures, rowOf, rows } from '../support/matrix.ts';
import { askerNames, makeAskers, type AskerName } from './support/askers.ts';
import { digestTables } from './support/digest.ts';
import { callsOf, questions, type Pair, type Question } from './support/questions.ts';

// B1 of the security programme: who asks for another tenant's rows learns nothing and changes nothing.

const database = useDatabase();
const api = useApi(database);

let cast: Awaited<ReturnType<typeof makeAskers>>;
beforeAll(async () => {
  cast = await makeAskers(database, api);
});

test('every procedure has a row, and every row a procedure', () => {
  expect(Object.keys(rows).sort()).toEqual([...procedures].sort());
});

/** What is there. After one procedure it is what is there before the next one. */
interface State {
  readonly digests: Readonly<Record<string, string>>;
  readonly events: number;
}

async function readState(): Promise<State> {
  const [digests, { rows: counts }] = await Promise.all([
    digestTables(database.pool),
    database.pool.query<{ n: number }>('select count(*)::int as n from audit_event'),
  ]);
  return { digests, events: counts[0]?.n ?? 0 };
}

describe.each(askerNames)('%s learns nothing and changes nothing', (name) => {
  let before: State;
  beforeAll(async () => {
    before = await readState();
  });

  test.each(procedures)('by %s', async (procedure) => {
    await learnNothing(name, procedure);
    const after = await readState();
    const past = before;
    before = after;
    const isMember = name === 'a member';
    const seen = isMember ? withoutTrail : (digests: State['digests']) => digests;
    expect(seen(after.digests)).toEqual(seen(past.digests));
    // A member's refusals are on record, each under its own name, and nothing else is.
    const refusal = {
      action: 'permission.refused',
      organization_id: cast.victim.orgId,
      user_id: cast.askers[name].home.userId,
      procedure,
    };
    const refusals = isMember ? Array(after.events - past.events).fill(refusal) : [];
    expect(await eventsSince(past.events)).toEqual(refusals);
  });
});

/** Asks everything about a procedure; throws when an answer differs from that about nothing. */
async function learnNothing(name: AskerName, procedure: string): Promise<void> {
  const { victim, askers } = cast;
  const { key, home } = askers[name];
  const isKnown = !name.endsWith('key');
  // Many questions have the same nothing to be compared with, and some ask about nothing themselves.
  const answers = new Map<string, Promise<Answer>>();
  const answerTo = (call: Call): Promise<Answer> => {
    const id = JSON.stringify(call);
    const answer = answers.get(id) ?? ask(api.url, call, key);
    answers.set(id, answer);
    return answer;
  };
  const compare = async ({ about, column }: Question, pair: Pair): Promise<void> => {
    const where = `${pair.transport}, ${column}`;
    const answer = await answerTo(pair.asked);
    expect(answer.status, where).toBeGreaterThanOrEqual(400);
    expect(answer.status, where).toBeLessThan(500);
    expect(JSON.stringify(answer.body), where).not.toContain(victim.key);
    // A member of the organization is told what the role lacks, whatever the id.
    const isMember = name === 'a member' && answer.status === 403 && pair.asMember !== null;
    if (isMember) expect(about.orgId, where).toBe(victim.orgId);
    const compared = isMember ? pair.asMember : pair.nothing;
    expect(answer, where).toEqual(await answerTo(compared ?? pair.nothing));
    const isUnknown = key === null || !isKnown;
    if (isUnknown && !rowOf(procedure).isOpen) expect(answer.status, where).toBe(401);
  };
  await Promise.all(
    questions(procedure, { home, victim, isKnown }).map(async (question) => {
      const isOwn = (pair: Pair): boolean =>
        name === 'a member' && isMembersOwn(procedure, question, pair);
      for (const pair of callsOf(procedure, question, home))
        if (!isOwn(pair)) await compare(question, pair);
    }),
  );
}

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
const withoutTrail = (digests: State['digests']): State['digests'] =>
  Object.fromEntries(
    Object.entries(digests).filter(([table]) => !table.startsWith('public.audit_')),
  );

/**
 * What members may do in their organization is no question of the matrix; and where nothing says
 * which organization is meant, a thing of theirs means their own. The data source is out of reach.
 */
function isMembersOwn(procedure: string, { about }: Question, { isImplied }: Pair): boolean {
  const { isForMembers, thing } = rowOf(procedure);
  if (isForMembers !== true) return false;
  if (about.orgId === cast.victim.orgId) return true;
  const isOutOfReach = thing === undefined || thing === 'dataSourceId';
  return isImplied && !isOutOfReach && about[thing] === cast.victim[thing];
}
