import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Origin } from '../../../shared/audit/events.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import { createOrm, type Orm } from '../../../shared/db/orm.ts';
import { exportAuditEvents } from '../../../server/features/audit/export-audit-events.ts';
import { verifyExport } from '../../../server/features/audit/verify-export.ts';
import { useDatabase } from '../../support/database.ts';

const database = useDatabase();
let orm: Orm;

beforeAll(() => {
  orm = createOrm({ databaseUrl: database.url, poolSize: 12 });
});
afterAll(() => orm.close(true));

/** An organization of which nothing is on record. */
async function makeOrganization(id: string): Promise<string> {
  await database.pool.query(
    `insert into organization (id, name, slug, created_at, updated_at)
     values ($1, $1, $1, now(), now())`,
    [id],
  );
  return id;
}

const origin = (userAgent: string): Origin => ({
  ...{ actor: { type: 'system', id: null }, requestId: null, address: null, userAgent },
});

const record = (organizationId: string, userAgent: string, details = {}): Promise<void> =>
  orm.em
    .fork()
    .transactional((em) =>
      recordAudit(
        em,
        origin(userAgent),
        { organizationId, action: 'organization.updated', targetId: organizationId, details },
        new Date(),
      ),
    );

async function expectUnbroken(orgId: string, events: number): Promise<void> {
  const lines = await Array.fromAsync(await exportAuditEvents({ em: orm.em.fork() }, { orgId }));
  expect(lines).toHaveLength(1 + events);
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(Buffer.from(lines.join('')));
  }
  expect((await verifyExport(bytes())).broken).toBeNull();
}

test('events that are recorded at once, the first of an organization too, make one chain', async () => {
  const id = await makeOrganization('org_at_once');
  await Promise.all(Array.from({ length: 60 }, (_, n) => record(id, `agent ${n}`, { n })));
  await expectUnbroken(id, 60);
});

test('an event of a transaction that comes to nothing leaves no gap', async () => {
  const id = await makeOrganization('org_of_gaps');
  await record(id, 'before');
  const refused = orm.em.fork().transactional(async (em) => {
    const act = { organizationId: id, action: 'organization.updated', targetId: id } as const;
    await recordAudit(em, origin('amid'), act, new Date());
    throw new Error('changed my mind');
  });
  await expect(refused).rejects.toThrow('changed my mind');
  await record(id, 'after');
  await expectUnbroken(id, 2);
});

// The place of the sequence is found in the text of the event.
test.each([
  ['the name of the member', '"sequence":0'],
  ['the name of the member, escaped', String.raw`\"sequence\":0,"sequence":0`],
  ['what SQL and JSON escape', `' \\ \u0001 \u2028 é 🦉 $1 %s`],
])('texts with %s are hashed as they are', async (name, text) => {
  const id = await makeOrganization(`org_${name.length}`);
  await record(id, text, { [text]: text, sequence: 0 });
  await record(id, text, { sequence: [0, text] });
  await expectUnbroken(id, 2);
});
