import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConnectionFailure } from '../../workers/connectors/connector.ts';
import { createEgressPolicy, type EgressPolicy } from '../../workers/egress/policy.ts';
import type { Resolver } from '../../workers/egress/resolve.ts';
import { openGuardedSocket } from '../../workers/egress/socket.ts';
import { type Canary, startCanary } from '../support/canary.ts';
import { spellings } from './spellings.ts';

const closed = createEgressPolicy({ allowCidrs: [], ownEndpoints: [] });
const open = createEgressPolicy({ allowCidrs: 'private', ownEndpoints: [] });

let canary: Canary;
beforeEach(async () => {
  canary = await startCanary();
});
afterEach(() => canary.close());

async function tryToOpen(
  host: string,
  policy: EgressPolicy,
  options: {
    port?: number;
    resolver?: Resolver;
    signal?: AbortSignal;
    connectTimeoutMs?: number;
  } = {},
): Promise<string> {
  try {
    const socket = await openGuardedSocket({
      host,
      port: canary.port,
      policy,
      signal: new AbortController().signal,
      connectTimeoutMs: 1_000,
      ...options,
    });
    socket.destroy();
    return 'CONNECTED';
  } catch (error) {
    expect(error).toBeInstanceOf(ConnectionFailure);
    return error instanceof ConnectionFailure ? error.code : 'UNKNOWN';
  }
}

describe('spellings of this machine (D1)', () => {
  test('none of them connects', async () => {
    const outcomes = new Map<string, string>();
    for (const host of spellings) outcomes.set(host, await tryToOpen(host, closed));
    const expected = ['ADDRESS_NOT_ALLOWED', 'HOST_NOT_FOUND'];
    expect([...outcomes].filter(([, outcome]) => !expected.includes(outcome))).toEqual([]);
    expect(canary.connections).toBe(0);
  });

  test('most of them would, were the range open: the list above is not empty talk', async () => {
    let connected = 0;
    for (const host of spellings) {
      if ((await tryToOpen(host, open)) === 'CONNECTED') connected += 1;
    }
    expect(connected).toBeGreaterThanOrEqual(15);
    expect(canary.connections).toBeGreaterThanOrEqual(15);
  });
});

describe('a name server that changes its mind', () => {
  test('100 rounds of rebinding reach nothing', async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < 100; round += 1) {
      let asked = 0;
      // TEST-NET-1 leads nowhere; the second answer would be this machine.
      const rebinding: Resolver = () =>
        Promise.resolve([asked++ === 0 ? '192.0.2.1' : '127.0.0.1']);
      const options = { resolver: rebinding, connectTimeoutMs: 10 };
      outcomes.add(await tryToOpen('rebinding.example', closed, options));
      expect(asked).toBe(1);
    }
    expect(outcomes).not.toContain('CONNECTED');
    expect(canary.connections).toBe(0);
  });

  test('a closed address among open ones is never tried', async () => {
    const mixed: Resolver = () => Promise.resolve(['127.0.0.1', '192.0.2.1', '::1', '10.0.0.1']);
    const outcome = await tryToOpen('mixed.example', closed, {
      resolver: mixed,
      connectTimeoutMs: 600,
    });
    expect(outcome).not.toBe('CONNECTED');
    expect(canary.connections).toBe(0);
  });

  test.each([['no address at all'], ['127.0.0.1; rm -rf'], ['localhost']])(
    'an answer of %j is not connected to',
    async (answer) => {
      const outcome = await tryToOpen('odd.example', open, {
        resolver: () => Promise.resolve([answer]),
      });
      expect(outcome).toBe('ADDRESS_NOT_ALLOWED');
      expect(canary.connections).toBe(0);
    },
  );

  test('10,000 answers are not 10,000 attempts', async () => {
    const many: Resolver = () => Promise.resolve(Array.from({ length: 10_000 }, () => '127.0.0.1'));
    expect(await tryToOpen('many.example', closed, { resolver: many })).toBe('ADDRESS_NOT_ALLOWED');
  });
});

describe('our own endpoints', () => {
  test('are not reached by any spelling, although loopback is open', async () => {
    const ownEndpoints = [{ host: '127.0.0.1', port: canary.port, role: 'database' }] as const;
    const policy = createEgressPolicy({ allowCidrs: 'private', ownEndpoints });
    for (const host of spellings) expect(await tryToOpen(host, policy)).not.toBe('CONNECTED');
    expect(canary.connections).toBe(0);
    expect(await tryToOpen('127.0.0.1', policy.forDemo())).toBe('CONNECTED');
  });
});

describe('the second layer', () => {
  test('holds by itself when the judgement of the address is wrong', async () => {
    const guard = await closed.guardFor(canary.port);
    const gullible: EgressPolicy = {
      guardFor: () => Promise.resolve({ allows: () => true, blockList: guard.blockList }),
      forDemo: () => gullible,
    };
    expect(await tryToOpen('127.0.0.1', gullible)).toBe('ADDRESS_NOT_ALLOWED');
    expect(await tryToOpen('::ffff:127.0.0.1', gullible)).toBe('ADDRESS_NOT_ALLOWED');
    expect(canary.connections).toBe(0);
  });
});

describe('a failure', () => {
  test('of the name is HOST_NOT_FOUND', async () => {
    const unknown: Resolver = () => Promise.reject(new Error('ENOTFOUND'));
    expect(await tryToOpen('nowhere.example', open, { resolver: unknown })).toBe('HOST_NOT_FOUND');
    expect(await tryToOpen('nowhere.example', open, { resolver: () => Promise.resolve([]) })).toBe(
      'HOST_NOT_FOUND',
    );
  });

  test('of the port is CONNECTION_REFUSED', async () => {
    const other = await startCanary();
    await other.close();
    expect(await tryToOpen('127.0.0.1', open, { port: other.port })).toBe('CONNECTION_REFUSED');
  });

  test('of one address does not keep the next from being tried', async () => {
    const resolver: Resolver = () => Promise.resolve(['127.0.0.9', '127.0.0.1']);
    const policy = createEgressPolicy({
      allowCidrs: ['127.0.0.1/32'],
      ownEndpoints: [],
    });
    expect(await tryToOpen('two.example', policy, { resolver })).toBe('CONNECTED');
    const slow: Resolver = () => Promise.resolve(['192.0.2.1', '127.0.0.1']);
    expect(await tryToOpen('two.example', open, { resolver: slow })).toBe('CONNECTED');
  });

  test('to answer, of the name server or of the host, is TIMEOUT', async () => {
    const startedAt = performance.now();
    const mute: Resolver = () => new Promise(() => undefined);
    const options = { resolver: mute, connectTimeoutMs: 100 };
    expect(await tryToOpen('mute.example', open, options)).toBe('TIMEOUT');
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  test('to wait any longer ends at once when aborted', async () => {
    const controller = new AbortController();
    const mute: Resolver = () => new Promise(() => undefined);
    const outcome = tryToOpen('mute.example', open, { resolver: mute, signal: controller.signal });
    await sleep(20);
    controller.abort();
    expect(await outcome).toBe('CONNECTION_LOST');
    const late = tryToOpen('127.0.0.1', open, { signal: controller.signal });
    expect(await late).toBe('CONNECTION_LOST');
  });
});
