import { describe, expect, test } from 'vitest';
import { documentOf } from '../../server/rest/document.ts';
import { operationsOf } from '../../server/rest/routes.ts';
import { surfaces } from '../../server/rest/surfaces/index.ts';
import { useApi } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { OpenApi } from './contract-document.ts';

/*
 * The routes that the contracts document, as they stand there, with the names of their parameters.
 * That each answers as it should on each surface, whoever asks, is tested by the tenant matrix
 * (tests/security/b1-own.test.ts, b1-tenants.test.ts) and by the tests of its feature. Not here yet:
 * MCP servers, insights, automations, skills, definitions and single sign-on, which come later.
 */
const organization = '/organizations/{orgId}';
const documented = {
  public: `
    GET /organizations | POST /organizations
    GET /organizations/{id} | PATCH /organizations/{id} | POST /organizations/{id}/icon
    GET ${organization}/audit-logs
    GET ${organization}/members | POST ${organization}/members
    GET ${organization}/members/{id} | PATCH ${organization}/members/{id}
    DELETE ${organization}/members/{id}
    GET ${organization}/groups | POST ${organization}/groups
    GET ${organization}/groups/{id} | PATCH ${organization}/groups/{id}
    DELETE ${organization}/groups/{id} | POST ${organization}/groups/{id}/members
    GET ${organization}/data-sources | POST ${organization}/data-sources
    POST ${organization}/data-sources/verify
    GET ${organization}/data-sources/{id} | PATCH ${organization}/data-sources/{id}
    DELETE ${organization}/data-sources/{id}
    GET ${organization}/data-sources/{id}/access | PUT ${organization}/data-sources/{id}/access
    POST ${organization}/data-sources/{id}/sync | GET ${organization}/data-sources/{id}/syncs
    GET ${organization}/data-sources/{id}/health | GET ${organization}/data-sources/{id}/tables`,
  v1: `
    POST /auth/login | POST /auth/refresh | POST /auth/logout | POST /auth/password | GET /auth/me
    GET /organizations | POST /organizations | GET /projects | POST /projects
    GET /groups | POST /groups | GET /tables | POST /tables | POST /users
    GET /credentials | POST /credentials/{id}/reveal | GET /backups/runs | POST /backups/runs
    GET /audit/events | GET /data-sources | POST /data-sources
    GET /data-sources/{id} | PATCH /data-sources/{id} | DELETE /data-sources/{id}
    POST /data-sources/verify | POST /data-sources/{id}/sync
    GET /api-keys | POST /api-keys | PATCH /api-keys/{id} | DELETE /api-keys/{id}
    POST /api-keys/{id}/rotate | GET /api-keys/{id}/usage`,
  keyed: `
    GET /organizations | GET /data-sources | GET /data-sources/{id}
    GET /data-sources/{id}/tables | GET /credentials | GET /audit-events
    GET /api-keys | POST /api-keys | PATCH /api-keys/{id} | DELETE /api-keys/{id}
    POST /api-keys/{id}/rotate | GET /api-keys/{id}/usage`,
} as const;

const database = useDatabase();
const api = useApi(database);

describe.each(surfaces)('the contract of $name', (surface) => {
  const routes = documented[surface.name].split(/\||\n/).map((route) => route.trim());
  const { paths } = OpenApi.parse(documentOf(surface, operationsOf(surface)));

  test.each(routes.filter((route) => route !== ''))('has %s', async (route) => {
    const [method = '', path = ''] = route.split(' ');
    expect(Object.keys(paths[path] ?? {})).toContain(method.toLowerCase());
    // It is served as well: whoever says nothing of itself is not told that there is no such route.
    const target = `${surface.prefix}${path.replaceAll(/\{\w+\}/g, 'x')}`;
    const { status } = await api.request(method, target);
    expect([400, 401]).toContain(status);
  });
});

test('health is where consoles look for it', async () => {
  const { status, body } = await api.request('GET', '/api/healthz');
  expect([status, body]).toEqual([200, expect.objectContaining({ status: 'ok' })]);
});
