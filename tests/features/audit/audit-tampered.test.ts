import { beforeAll, describe, expect, test } from 'vitest';
import type { Break } from '../../../server/features/audit/verify-chain.ts';
import { verifyDatabase } from '../../../server/verify-audit.ts';
import { useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { writeTrail } from './write-trail.ts';

const database = useDatabase();
const api = useApi(database);
let tenant: TestTenant;
beforeAll(async () => {
  tenant = await writeTrail(api);
});

describe('a database whose trail was tampered with by its owner', () => {
  const organizationOf = () => tenant.orgId;
  /** What the check says of the organization after some statements, which are undone. */
  async function after(...statements: string[]): Promise<Break | null> {
    const client = database.pool;
    await client.query('alter table audit_event disable trigger all');
    await client.query('create table before as table audit_event');
    await client.query('create table head_before as table audit_head');
    try {
      for (const statement of statements) await client.query(statement, [organizationOf()]);
      for await (const { organizationId, broken } of verifyDatabase(database.url)) {
        if (organizationId === organizationOf()) return broken;
        expect(broken).toBeNull();
      }
      return null;
    } finally {
      await client.query(`delete from audit_event; insert into audit_event table before;
        delete from audit_head; insert into audit_head table head_before;
        drop table before, head_before; alter table audit_event enable trigger all`);
    }
  }

  test.each([
    [
      'an action',
      `update audit_event set action = 'x' where organization_id = $1 and sequence = 3`,
      3,
      'changed',
    ],
    [
      'a time',
      `update audit_event set occurred_at = occurred_at - interval '1 ms' where organization_id = $1 and sequence = 2`,
      2,
      'changed',
    ],
    [
      'a missing event',
      `delete from audit_event where organization_id = $1 and sequence = 4`,
      4,
      'missing',
    ],
    [
      'a missing first event',
      `delete from audit_event where organization_id = $1 and sequence = 1`,
      1,
      'missing',
    ],
    [
      'a missing end',
      `delete from audit_event where organization_id = $1 and sequence > 6`,
      7,
      'truncated',
    ],
    ['a missing trail', `delete from audit_event where organization_id = $1`, 1, 'truncated'],
    ['a missing head', `delete from audit_head where organization_id = $1`, 1, 'inserted'],
    [
      'another hash in the head',
      `update audit_head set hash = sha256('x') where organization_id = $1`,
      8,
      'changed',
    ],
  ] as const)('(%s) is found', async (_, statement, position, problem) => {
    expect(await after(statement)).toMatchObject({ position, problem });
    expect(await after(`select $1::text`)).toBeNull();
  });
});
