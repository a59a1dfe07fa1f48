import { describe, expect, test } from 'vitest';
import { errorOf, useApi } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { countRows, dataSourcesOf } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);

describe('a data source of DUCKDB is refused, and nothing stored or enqueued,', () => {
  test.each([
    ['without a file', {}, 'databaseName'],
    ['with an absolute path', { databaseName: '/etc/passwd' }, 'databaseName'],
    ['with a path upwards', { databaseName: 'a/../../b.duckdb' }, 'databaseName'],
    ['with a URL', { databaseName: 's3://bucket/shop.duckdb' }, 'databaseName'],
    ['in memory', { databaseName: ':memory:' }, 'databaseName'],
    ['through a tunnel', { databaseName: 'a.duckdb', sshEnabled: true }, 'sshEnabled'],
  ])('%s', async (_what, fields, field) => {
    const tenant = await api.tenant();
    const refused = async (to: string, body: object): Promise<void> => {
      const answer = await api.request('POST', to, { key: tenant.key, body });
      expect(answer.status).toBe(400);
      expect(errorOf(answer)).toMatchObject({ title: 'ValidationError' });
      expect(errorOf(answer).detail).toContain(field);
    };
    const path = dataSourcesOf(tenant);
    await refused(path, { type: 'direct', dialect: 'DUCKDB', displayName: 'Shop', ...fields });
    await refused(`${path}/verify`, { dialect: 'DUCKDB', ...fields });
    expect(await countRows(database, 'data_source', tenant.orgId)).toBe(0);
    expect(await countRows(database, 'connection_draft', tenant.orgId)).toBe(0);
    const { rows } = await database.pool.query(
      `select name from pgboss.job where name in ('sync-schema', 'verify-connection')`,
    );
    expect(rows).toEqual([]);
  });
});
