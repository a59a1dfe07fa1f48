import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Surface } from '../../server/rest/surface.ts';
import { keyedSurface } from '../../server/rest/surfaces/keyed.ts';
import { publicSurface } from '../../server/rest/surfaces/public.ts';
import { v1Surface } from '../../server/rest/surfaces/v1.ts';
import { AppError } from '../../shared/errors.ts';
import { contentOf, overRest, overTrpc, withoutOrganization, type Call } from '../support/call.ts';
import { belongingsNamed, inputOf, procedures } from '../support/matrix.ts';
import { key, orgId, startThrowingApp, type ThrowingApp } from './support/throwing-app.ts';

// A6 of the security programme: what nobody foresaw is told in two words, and kept out of the log.

const canary = 'cnry7Qk2ZpXw';
let app: ThrowingApp;

beforeAll(async () => {
  app = await startThrowingApp();
});
afterAll(() => app.close());
beforeEach(() => {
  app.where = 'em';
  app.logs.length = 0;
});

class DriverError extends Error {
  readonly config = { password: canary, host: `db-${canary}` };
  readonly headers = { authorization: `Bearer ${canary}` };
  readonly query = `insert into t values ('${canary}')`;
}

/** Errors as libraries throw them, each with a secret wherever one was ever seen. */
const thrown: Readonly<Record<string, () => unknown>> = {
  'an error with a secret in message, cause and properties': () =>
    new DriverError(`refused ${canary}`, { cause: new Error(canary) }),
  'an error whose message looks like a stack': () =>
    new DriverError(`refused\n    at ${canary} (secret:1:1)\n    at ${canary}`),
  'an error whose stack ends with the stack of another': () => {
    const error = new DriverError('outer');
    error.stack = `DriverError: outer\n    at f (file:///x.ts:1:1)\n\nprevious Error: ${canary}\n    at ${canary}\n    at g (file:///y.ts:1:1)`;
    return error;
  },
  'an aggregate': () => new AggregateError([new Error(canary)], canary),
  'a failed parse of our own data': () =>
    new z.ZodError([{ code: 'custom', path: [canary], message: canary, input: canary }]),
  'an error of ours as the cause of one of somebody else': () =>
    new DriverError(canary, { cause: new AppError('INTERNAL', 'Internal error') }),
  'a text': () => canary,
  'an object': () => ({ message: canary, statusCode: 200, status: 200, expose: true }),
  'an error that asks to be shown': () =>
    Object.assign(new Error(canary), { status: 418, statusCode: 418, expose: true }),
  nothing: () => undefined,
};

const belongings = { ...belongingsNamed('one_1'), orgId };

async function send(call: Call, headers: Record<string, string> = {}) {
  const content = contentOf(call);
  const response = await fetch(`${app.url}${call.path}`, {
    method: call.method,
    headers: { authorization: `Bearer ${key}`, ...content.headers, ...headers },
    ...(content.body === undefined ? {} : { body: content.body }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const LogLine = z.object({ level: z.string(), msg: z.string(), requestId: z.string().optional() });
const ErrorLine = LogLine.extend({
  err: z.strictObject({
    type: z.string(),
    code: z.string().optional(),
    at: z.array(z.string()).optional(),
  }),
});

/** The lines about the error, which say its class and code and nothing else of it. */
async function errorLines(requestId: string | null) {
  // The line of the request is written when the connection knows that the answer is out.
  for (let waits = 0; waits < 50 && !app.logs.join('').includes('"request"'); waits += 1)
    await new Promise((resolve) => setTimeout(resolve, 2));
  const lines = app.logs.map((line) => JSON.parse(line) as unknown);
  return lines.flatMap((line) => {
    const parsed = ErrorLine.safeParse(line);
    return parsed.success && parsed.data.requestId === requestId ? [parsed.data] : [];
  });
}

async function expectGeneric(answer: Awaited<ReturnType<typeof send>>, body: unknown) {
  expect(answer.status).toBe(500);
  const requestId = answer.headers.get('x-request-id');
  expect(requestId).toMatch(/^req_[\w-]{36}$/);
  expect(JSON.parse(answer.text.replaceAll(String(requestId), 'ID'))).toEqual(body);
  expect(`${answer.text}${JSON.stringify([...answer.headers])}`).not.toContain(canary);
  expect(app.logs.join('')).not.toContain(canary);
  const lines = await errorLines(requestId);
  expect(lines.map(({ level }) => level)).toContain('error');
}

const trpcBody = {
  error: {
    message: 'Internal error',
    code: -32603,
    data: {
      code: 'INTERNAL_SERVER_ERROR',
      httpStatus: 500,
      errorCode: 'INTERNAL',
      requestId: 'ID',
    },
  },
};
const publicBody = { error: { title: 'InternalError', detail: 'Internal error' } };
const bodies = new Map<Surface, object>([
  [publicSurface, publicBody],
  [
    v1Surface,
    {
      success: false,
      data: null,
      meta: { request_id: 'ID' },
      error: { code: 'INTERNAL', message: 'Internal error', details: {} },
    },
  ],
  [keyedSurface, { error: 'Internal error', message: 'Internal error' }],
]);

describe.each(procedures)('%s', (procedure) => {
  const input = inputOf(procedure, belongings);

  test.each(Object.keys(thrown))('tells nothing of %s', async (name) => {
    app.error = thrown[name]?.();
    await expectGeneric(await send(overTrpc(procedure, input)), trpcBody);
    for (const [surface, body] of bodies) {
      for (const sent of [input, withoutOrganization(procedure, input)]) {
        const call = overRest(surface, procedure, sent);
        app.logs.length = 0;
        if (call) await expectGeneric(await send(call), body);
      }
    }
  });
});

test('a context that cannot be made tells nothing either', async () => {
  app.where = 'fork';
  app.error = new DriverError(canary);
  const answer = await send(overTrpc('organizations.list', {}));
  await expectGeneric(answer, trpcBody);
  app.logs.length = 0;
  await expectGeneric(await send({ method: 'GET', path: '/api/public/organizations' }), publicBody);
});

test('a batch and a streamed batch tell nothing either', async () => {
  app.error = new DriverError(canary);
  const path = '/trpc/organizations.list,organizations.list?batch=1&input={"0":{},"1":{}}';
  for (const accept of ['application/json', 'application/jsonl']) {
    const answer = await send({ method: 'GET', path }, { 'trpc-accept': accept });
    expect(answer.text).not.toContain(canary);
    expect(answer.text).toContain('Internal error');
    expect(app.logs.join('')).not.toContain(canary);
  }
});

test('metrics tell nothing either', async () => {
  app.error = new DriverError(canary);
  const answer = await send({ method: 'GET', path: '/metrics' });
  expect(answer.status).toBe(500);
  expect(answer.text).not.toContain(canary);
  expect(app.logs.join('')).not.toContain(canary);
});

test('the log says the class, the code and the place of an error', async () => {
  const error = Object.assign(new DriverError(canary), { code: 'EDRIVER' });
  app.error = error;
  const answer = await send(overTrpc('organizations.list', {}));
  const [line] = await errorLines(answer.headers.get('x-request-id'));
  expect(line).toMatchObject({ level: 'error', err: { type: 'DriverError', code: 'EDRIVER' } });
  expect(line?.err.at?.[0]).toContain('a6-injected-throws.test.ts');
});
