import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer, type Server } from 'node:http';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../server/app.ts';
import type { Services } from '../../server/context.ts';
import { generateBearerKey } from '../../server/identity/key-format.ts';
import { createLimiter } from '../../server/identity/limiter.ts';
import { createQuotas } from '../../server/identity/quotas.ts';
import { createPrincipals } from '../../server/identity/principals.ts';
import { surfaces } from '../../server/rest/surfaces/index.ts';
import type { SurfaceName } from '../../server/trpc.ts';
import { systemClock } from '../../shared/clock.ts';
import { createOrm, type Orm } from '../../shared/db/orm.ts';
import { createLogger } from '../../shared/logger.ts';
import { startCanary, type Canary } from '../support/canary.ts';
import { contentOf, overRest, overTrpc, type Call } from '../support/call.ts';
import { belongingsNamed, inputOf, procedures } from '../support/matrix.ts';
import { unlimited } from '../support/unlimited.ts';

// A6 of the security programme: without PostgreSQL every surface says so in its own shape, soon.

const canary = 'cnry7Qk2ZpXw';
const key = generateBearerKey();
const logs: string[] = [];

interface Away {
  readonly url: string;
  close(): Promise<void>;
}

/** The API's application over a database at `port`, in which it was in order until just now. */
async function startAway(port: number, { started }: { started: boolean }): Promise<Away> {
  const databaseUrl = `postgres://basekeep:${canary}@127.0.0.1:${port}/basekeep`;
  const orm: Orm = createOrm({ databaseUrl, poolSize: 4 });
  const log = createLogger('debug', 'api');
  Reflect.set(log, pino.symbols.streamSym, { write: (line: string) => void logs.push(line) });
  const listener = {
    connected: false,
    on: () => () => false,
    onGap: () => {},
    close: async () => {},
  };
  const tokens = {
    jwks: [],
    sign: () => Promise.reject(new Error('unused')),
    sessionOf: () => Promise.resolve(null),
  };
  const services = {
    orm,
    principals: createPrincipals(orm, listener, tokens),
    limiter: createLimiter(orm),
    quotas: createQuotas(orm, listener),
    keyUsage: { count: () => {} },
    perMinute: unlimited,
    clock: systemClock,
    log,
  } as unknown as Services;
  const readiness = {
    progress: { stage: started ? ('started' as const) : ('starting' as const), isStopping: false },
    check: () => Promise.resolve({ database: 'down', queue: 'down' } as const),
  };
  const server: Server = createServer(
    createApp({ services, readiness, metricsToken: undefined }),
  ).listen(0);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await orm.close(true);
    },
  };
}

const belongings = belongingsNamed('one_1');

async function expectAway(url: string, call: Call, shape: object): Promise<void> {
  const startedAt = performance.now();
  const { headers, ...content } = contentOf(call);
  const response = await fetch(`${url}${call.path}`, {
    method: call.method,
    headers: { authorization: `Bearer ${key}`, ...headers },
    ...content,
  });
  const text = await response.text();
  expect(response.status, text).toBe(503);
  expect(response.headers.get('retry-after')).toMatch(/^[1-9]\d?$/);
  expect(response.headers.get('x-request-id')).toMatch(/^req_/);
  expect(JSON.parse(text)).toMatchObject(shape);
  expect(text).not.toContain(canary);
  expect(performance.now() - startedAt).toBeLessThan(6_000);
}

/**
 * Begins each a little after the one before, and waits for all: client and server are one process
 * here, and what it takes to send a hundred requests at once is no part of an answer's time.
 */
async function oneAfterAnother<T>(items: readonly T[], call: (item: T) => Promise<void>) {
  await Promise.all(items.map(async (item, place) => call(await delay(place * 20, item))));
}

const anyText: unknown = expect.any(String);
const shapes: Record<SurfaceName, object> = {
  public: { error: { title: 'ServiceUnavailable', detail: anyText } },
  v1: { success: false, data: null, error: { code: 'UNAVAILABLE', message: anyText } },
  keyed: { error: 'Service unavailable', message: anyText },
};
const trpcShape = {
  error: { message: expect.any(String), data: { errorCode: 'UNAVAILABLE', httpStatus: 503 } },
};

describe.each([
  ['refuses connections', 'dead', true],
  ['takes connections and says nothing', 'mute', true],
  ['was not there since the start', 'dead', false],
] as const)('when PostgreSQL %s', (_, kind, started) => {
  let mute: Canary;
  let away: Away;

  beforeAll(async () => {
    mute = await startCanary();
    if (kind === 'dead') await mute.close();
    away = await startAway(mute.port, { started });
  });
  afterAll(async () => {
    await away.close();
    if (kind === 'mute') await mute.close();
  });

  test.each(surfaces)(
    'every operation of the $name surface answers 503 within 6 s, in its shape',
    async (surface) => {
      await oneAfterAnother(procedures, async (procedure) => {
        const call = overRest(surface, procedure, inputOf(procedure, belongings));
        if (call) await expectAway(away.url, call, shapes[surface.name]);
      });
    },
  );

  test('every procedure answers 503 within 6 s, in the shape of tRPC', async () => {
    await oneAfterAnother(procedures, (procedure) =>
      expectAway(away.url, overTrpc(procedure, inputOf(procedure, belongings)), trpcShape),
    );
  });

  test('so does a batch, call by call where it was read', async () => {
    const path = '/trpc/organizations.list,organizations.list?batch=1&input={"0":{},"1":{}}';
    await expectAway(
      away.url,
      { method: 'GET', path },
      started ? [trpcShape, trpcShape] : trpcShape,
    );
  });

  test('health says it, and nothing says the password', async () => {
    expect((await fetch(`${away.url}/api/healthz`)).status).toBe(503);
    expect(logs.join('')).not.toContain(canary);
  });
});
