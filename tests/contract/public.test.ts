import { describe, expect, test } from 'vitest';
import { publicSurface } from '../../server/rest/surfaces/public.ts';
import { DataSource } from '../../server/features/data-sources/contract.ts';
import { AppError } from '../../shared/errors.ts';
import { dataOf, errorOf, useApi, type TestResponse } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { lacking } from '../features/fixtures.ts';
import {
  contract as contractDocument,
  OpenApi,
  plain,
  type Schema,
  validatorIn,
} from './contract-document.ts';

const database = useDatabase();
const api = useApi(database);

const contract = OpenApi.parse(contractDocument);
const theirPath = '/api/public/organizations/{orgId}/data-sources';
const theirs = operation(contract, theirPath);

const body = {
  type: 'direct',
  dialect: 'POSTGRES',
  displayName: 'Shop',
  host: 'db.example.com',
  username: 'reader',
  password: 'correct horse',
};

async function ourDocument() {
  const { body: served } = await api.request('GET', '/api/public/openapi');
  const document = OpenApi.parse(served);
  const prefix = document.servers?.[0]?.url ?? '';
  return { document, ours: operation(document, theirPath.slice(prefix.length)) };
}

function operation({ paths }: OpenApi, path: string) {
  const found = paths[path]?.['post'];
  if (!found) throw new Error(`there is no POST ${path}`);
  return found;
}

const requestOf = ({ requestBody }: typeof theirs, document: OpenApi) =>
  plain(requestBody?.content['application/json']?.schema, document);

const answerOf = ({ responses }: typeof theirs, document: OpenApi) => {
  const envelope = plain(responses['201']?.content['application/json']?.schema, document);
  return { envelope, data: plain(envelope.properties?.['data'], document) };
};

describe('our document of creating a data source, against the contract', () => {
  const { properties: fields = {}, required } = requestOf(theirs, contract);

  test.each(Object.keys(fields))(
    'takes %s with its type, default, values and bounds',
    async (name) => {
      const { document, ours } = await ourDocument();
      const our = plain(requestOf(ours, document).properties?.[name], document);
      expect(our).toMatchObject(plain(fields[name], contract));
    },
  );

  test('requires what it requires, and nothing of ours besides', async () => {
    const { document, ours } = await ourDocument();
    expect(new Set(requestOf(ours, document).required)).toEqual(new Set(required));
  });

  const answer = answerOf(theirs, contract);

  test.each(Object.keys(answer.data.properties ?? {}))('answers %s as it does', async (name) => {
    const { document, ours } = await ourDocument();
    const our = plain(answerOf(ours, document).data.properties?.[name], document);
    expect(our).toEqual(plain(answer.data.properties?.[name], contract));
  });

  test('answers every field, always, and no other one', async () => {
    const { document, ours } = await ourDocument();
    const our = answerOf(ours, document);
    expect(our.envelope.required).toEqual(answer.envelope.required);
    expect(new Set(our.data.required)).toEqual(new Set(answer.data.required));
    expect(new Set(Object.keys(our.data.properties ?? {}))).toEqual(
      new Set(Object.keys(answer.data.properties ?? {})),
    );
  });

  test('has its statuses, each with the error body of the same name', async () => {
    const { ours } = await ourDocument();
    for (const [status, response] of Object.entries(theirs.responses)) {
      if (status === '201') continue;
      const our = ours.responses[status]?.content['application/json']?.schema;
      expect(our, status).toEqual(response.content['application/json']?.schema);
    }
  });

  test.each(['ErrorResponse', 'RateLimitErrorResponse'])(
    'documents %s so that it fits',
    async (name) => {
      const { document } = await ourDocument();
      const our = plain(document.components.schemas[name], document);
      expect(our.required).toEqual(['error']);
      const error = plain(our.properties?.['error'], document);
      const wanted = name === 'ErrorResponse' ? [] : ['retryAfterMs'];
      expect(error.required).toEqual(['title', 'detail', ...wanted]);
    },
  );

  test('names the same components, the same tag and the same way to sign in', async () => {
    const { document, ours } = await ourDocument();
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(Object.keys(contract.components.schemas)),
    );
    expect(document.components.securitySchemes).toEqual(contract.components.securitySchemes);
    expect(ours.security).toEqual(theirs.security);
    expect(ours.tags).toEqual(theirs.tags);
    const path = ({ parameters }: typeof theirs) =>
      parameters.map((parameter) => [parameter.name, parameter.in, parameter['required']]);
    // Of ours, one that nobody has to send.
    expect(path(ours)).toEqual([...path(theirs), ['Idempotency-Key', 'header', false]]);
  });
});

describe('a real answer', () => {
  const fits = (response: TestResponse) => {
    const pointer = `/paths/${theirPath.replaceAll('/', '~1')}/post/responses/${response.status}`;
    const validate = validatorIn(contract, `${pointer}/content/application~1json/schema`);
    validate(response.body);
    return validate.errors ?? [];
  };

  test('of every kind fits the schema that the contract has for its status', async () => {
    const tenant = await api.tenant();
    const { key } = tenant;
    const path = `/api/public/organizations/${tenant.orgId}/data-sources`;
    const answers = await Promise.all([
      api.request('POST', path, { key, body }),
      api.request('POST', path, { key, body: { ...body, type: 'x', port: -1, more: 1 } }),
      api.request('POST', path, { key, body: '{' }),
      api.request('POST', path, { key, body: { ...body, dialect: lacking.dialect } }),
      api.request('POST', path, { body }),
      api.request('POST', path.replace(tenant.orgId, 'org_nobody'), { key, body }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([201, 400, 400, 400, 401, 404]);
    for (const answer of answers) expect(fits(answer), String(answer.status)).toEqual([]);
  });

  test.each([
    new AppError('RATE_LIMITED', 'Too many requests', { retryAfterMs: 1_500 }),
    new AppError('INTERNAL', 'Internal error'),
  ])('to an error of the code $code would fit, too', (error) => {
    expect(fits({ headers: new Headers(), ...publicSurface.error(error, 'req_x') })).toEqual([]);
  });

  test('with one field less would not fit', async () => {
    const tenant = await api.tenant();
    const path = `/api/public/organizations/${tenant.orgId}/data-sources`;
    const { status, headers, ...created } = await api.request('POST', path, {
      key: tenant.key,
      body,
    });
    const { lastHealthyAt: _, ...less } = dataOf({ status, headers, ...created }, DataSource);
    expect(fits({ status, headers, body: { data: less } })).toHaveLength(1);
  });
});

describe('a request of the contract', () => {
  test('with every field that it has is taken', async () => {
    const tenant = await api.tenant();
    const fields = Object.entries(requestOf(theirs, contract).properties ?? {});
    const full = Object.fromEntries(
      fields.map(([name, schema]) => [name, sample(plain(schema, contract))]),
    );
    const path = `/api/public/organizations/${tenant.orgId}/data-sources`;
    const response = await api.request('POST', path, {
      key: tenant.key,
      body: { ...full, dialect: 'POSTGRES', sshEnabled: false },
    });
    expect(response.status).toBe(201);
  });

  const sample = ({ type, enum: values, minimum }: Schema): unknown => {
    if (values) return values[0];
    if (type === 'integer') return Number(minimum) + 1;
    return type === 'boolean' ? true : 'text';
  };
});

describe('the conventions', () => {
  test('envelope: one thing is data, a list is data and pagination, an error is title and detail', async () => {
    const tenant = await api.tenant();
    const { key } = tenant;
    const all = '/api/public/organizations';
    const one = await api.request('GET', `${all}/${tenant.orgId}`, { key });
    expect(Object.keys(one.body as object)).toEqual(['data']);
    const list = await api.request('GET', all, { key });
    expect(list.body).toEqual({
      data: [expect.objectContaining({ id: tenant.orgId })],
      pagination: { nextCursor: null, hasMore: false },
    });
    const error = await api.request('GET', `${all}/org_nobody`, { key });
    expect(error.body).toEqual({ error: { title: 'NotFound', detail: 'Organization not found' } });
  });

  test('whoever is not an admin learns what a stranger learns, on every route but two', async () => {
    const tenant = await api.tenant();
    const member = await api.member(tenant, 'MEMBER');
    const stranger = await api.tenant();
    const { document } = await ourDocument();
    // The last one is ours: whoever may see the organization may see its picture.
    const open = new Set([
      'organizations.create',
      'organizations.list',
      'organizations.get',
      'icons.get',
    ]);
    let closed = 0;
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, { operationId = '', requestBody }] of Object.entries(methods)) {
        if (open.has(operationId)) continue;
        const below = path
          .replace('{orgId}', tenant.orgId)
          .replace('/organizations/{id}', `/organizations/${tenant.orgId}`)
          .replace('{id}', 'ds_nobody');
        const answers = await Promise.all(
          [member, stranger].map(({ key }) =>
            api.request(method.toUpperCase(), `/api/public${below}`, {
              key,
              ...smallest(requestBody?.content ?? {}),
            }),
          ),
        );
        for (const answer of answers) {
          expect(errorOf(answer), operationId).toEqual({
            status: 404,
            title: 'NotFound',
            detail: 'Organization not found',
          });
        }
        closed += 1;
      }
    }
    expect(closed).toBeGreaterThanOrEqual(11);
  });

  /** A body of the type that an operation takes, with next to nothing in it. */
  const smallest = (content: Readonly<Record<string, unknown>>) => {
    if ('application/json' in content) return { body: {} };
    if (!('multipart/form-data' in content)) return {};
    const head = 'Content-Disposition: form-data; name="icon"; filename="icon"';
    return {
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: `--x\r\n${head}\r\n\r\nx\r\n--x--\r\n`,
    };
  };

  test('the routes of organizations and data sources that it names are there', async () => {
    const { document } = await ourDocument();
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const one = '/organizations/{orgId}/data-sources/{id}';
    expect(routes).toEqual(
      expect.arrayContaining([
        'GET /organizations',
        'POST /organizations',
        'GET /organizations/{id}',
        'PATCH /organizations/{id}',
        'GET /organizations/{orgId}/data-sources',
        'POST /organizations/{orgId}/data-sources',
        'POST /organizations/{orgId}/data-sources/verify',
        `GET ${one}`,
        `PATCH ${one}`,
        `DELETE ${one}`,
        `POST ${one}/ssh-host-key`,
        `POST ${one}/sync`,
        `GET ${one}/syncs`,
        `GET ${one}/health`,
        `GET ${one}/tables`,
      ]),
    );
  });

  test('a list takes a limit of 1 to 100, 50 when none is given, and a cursor', async () => {
    const { document } = await ourDocument();
    for (const { get } of Object.values(document.paths)) {
      const limit = get?.parameters.find(({ name }) => name === 'limit');
      if (!limit) continue;
      expect(limit.schema).toEqual({ type: 'integer', minimum: 1, maximum: 100, default: 50 });
      expect(get?.parameters.map(({ name }) => name)).toContain('cursor');
    }
  });
});
