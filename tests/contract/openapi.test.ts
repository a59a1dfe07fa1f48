import { setImmediate } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { format } from 'oxfmt';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { documentOf } from '../../server/rest/document.ts';
import { operationsOf } from '../../server/rest/routes.ts';
import { surfaces } from '../../server/rest/surfaces/index.ts';
import { useApi } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { recordResponses } from '../support/responses.ts';
import { OpenApi } from './contract-document.ts';

const database = useDatabase();
const api = useApi(database);

const documents = surfaces.map((surface) => ({
  name: surface.name,
  path: `${surface.prefix}${surface.documentPath}`,
  document: documentOf(surface, operationsOf(surface)),
}));

/** Every object of a document with the JSON pointer of where it stands. */
function* objectsIn(value: unknown, pointer = ''): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [pointer, value as Record<string, unknown>];
  for (const [name, member] of Object.entries(value))
    yield* objectsIn(member, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
}

describe.each(documents)('the document of the $name surface', ({ name, path, document }) => {
  const parsed = OpenApi.parse(document);
  const prefix = parsed.servers?.[0]?.url ?? '';

  test('has not changed; when it should have, run vitest with --update and read the difference', async () => {
    const { code } = await format('openapi.json', JSON.stringify(document), { printWidth: 100 });
    await expect(code).toMatchFileSnapshot(`__snapshots__/${name}.openapi.json`);
  });

  test('is served to everybody as it is', async () => {
    const response = await api.request('GET', path);
    expect(response.status).toBe(200);
    expect(response.body).toEqual(JSON.parse(JSON.stringify(document)));
  });

  test('is OpenAPI 3.1 whose every schema compiles and whose every reference leads somewhere', async () => {
    expect(parsed.openapi).toMatch(/^3\.1\.\d$/);
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    ajv.addSchema(document, 'document');
    for (const [pointer, object] of objectsIn(document)) {
      if ('$ref' in object) expect(parsed.components.schemas).toHaveProperty([nameOf(object)]);
      if (!pointer.endsWith('/schema')) continue;
      // Compiling takes seconds: an idle connection that ends meanwhile must be seen to end.
      await setImmediate();
      expect(() => ajv.getSchema(`document#${encodeURI(pointer)}`), pointer).not.toThrow();
    }
  });

  test('names each operation once and declares each parameter of its path', () => {
    const ids = Object.values(parsed.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
    for (const [template, methods] of Object.entries(parsed.paths)) {
      const wanted = [...template.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
      for (const { parameters } of Object.values(methods)) {
        const declared = parameters.filter((parameter) => parameter.in === 'path');
        expect(declared.map((parameter) => parameter.name)).toEqual(wanted);
      }
    }
  });

  test('leads to real routes: each asks for a key, unless it says that it asks for none', async () => {
    for (const [template, methods] of Object.entries(parsed.paths)) {
      for (const [method, { security }] of Object.entries(methods)) {
        const target = `${prefix}${template.replaceAll(/\{\w+\}/g, 'x')}`;
        const { status } = await api.request(method.toUpperCase(), target);
        expect(status, `${method} ${target}`).toBe(security.length > 0 ? 401 : 400);
      }
    }
  });

  test('writes every name in the one way of its surface', () => {
    const spelling = name === 'v1' ? /^[a-z][a-z0-9_]*$/ : /^[a-z][A-Za-z0-9]*$/;
    for (const [pointer, { properties, parameters }] of objectsIn(document)) {
      const fields = Object.keys(properties ?? {});
      const named = Parameters.safeParse(parameters).data ?? [];
      // Headers have names of their own, the same on every surface.
      const ours = named.filter((parameter) => parameter.in !== 'header');
      for (const field of [...fields, ...ours.map((parameter) => parameter.name)])
        expect(field, pointer).toMatch(spelling);
    }
  });

  test('is written for people: no noise, and answers that may gain fields', () => {
    for (const [pointer, object] of objectsIn(document)) {
      if ('properties' in object && !pointer.includes('/requestBody/')) {
        expect(object, pointer).not.toHaveProperty('additionalProperties');
      }
      if (object['format'] === 'date-time') expect(object, pointer).not.toHaveProperty('pattern');
      expect(object['minLength'], pointer).not.toBe(0);
      expect(Math.abs(Number(object['maximum'] ?? 0)), pointer).toBeLessThan(2 ** 40);
    }
    expect(Object.keys(parsed.components.schemas).join(' ')).toMatch(/^[\w ]+$/);
    expect(JSON.stringify(document)).not.toMatch(/Output"/);
  });
});

const Parameters = z.array(z.object({ name: z.string(), in: z.string() }));

const nameOf = ({ $ref }: Record<string, unknown>): string =>
  z.string().parse($ref).replace('#/components/schemas/', '');

describe('the recorder of answers', () => {
  const [first] = documents;
  const health = {
    method: 'GET',
    path: '/api/public/organizations/org_x/data-sources/ds_x/health?x=1',
    contentType: 'application/json; charset=utf-8',
    status: 404,
    body: { error: { title: 'NotFound', detail: 'Data source not found' } },
  };
  const recorder = () => recordResponses(first?.document ?? {});

  test('lets a documented answer pass, and remembers it', () => {
    const records = recorder();
    records.check(health);
    expect([...records.seen]).toEqual(['health.get 404']);
    expect(records.misses).toEqual([]);
  });

  test.each([
    ['a status that is not documented', { status: 418 }, 'the status is not documented'],
    ['a field that is missing', { body: { error: { title: 'NotFound' } } }, "'detail'"],
    ['a field of another type', { body: { error: { title: 1, detail: '' } } }, 'must be string'],
    [
      'a field that is not documented',
      { body: { error: { title: '', detail: '', stack: '' } } },
      'stack',
    ],
    ['no body', { body: undefined }, 'must be object'],
    ['a body that is not JSON', { contentType: 'text/html' }, 'answered text/html'],
  ])('refuses %s, and remembers the miss', (_, change, reason) => {
    const records = recorder();
    expect(() => records.check({ ...health, ...change })).toThrow(reason);
    expect(records.misses).toHaveLength(1);
  });

  test('takes the more exact of two paths', () => {
    const records = recorder();
    const path = '/api/public/organizations/org_x/data-sources/verify';
    records.check({
      ...health,
      method: 'POST',
      path,
      status: 200,
      body: { data: { success: true } },
    });
    expect([...records.seen]).toEqual(['dataSources.verify 200']);
  });

  test.each([
    ['PUT', '/api/public/organizations/org_x/data-sources'],
    ['GET', '/api/public/nothing'],
    ['GET', '/api/healthz'],
    ['POST', '/trpc/dataSources.list'],
  ])('has no say in what no operation answers to: %s %s', (method, path) => {
    const records = recorder();
    records.check({ ...health, method, path, status: 405 });
    expect(records.seen.size).toBe(0);
  });

  test('is part of every API that a test starts', async () => {
    const { key } = await api.tenant();
    await api.request('GET', '/api/public/organizations', { key });
    expect(api.recorder.seen).toContain('organizations.list 200');
  });
});
