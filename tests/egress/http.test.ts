import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { ConnectionTarget } from '../../workers/connectors/connector.ts';
import { openHttp } from '../../workers/egress/http/http.ts';
import { createEgressPolicy } from '../../workers/egress/policy.ts';
import { startCanary } from '../support/canary.ts';
import { connectionTarget } from '../support/connection-target.ts';

const never = new AbortController().signal;
let server: Server | undefined;

afterEach(async () => {
  vi.unstubAllEnvs();
  server?.closeAllConnections();
  if (server?.listening) await once(server.close(), 'close');
  server = undefined;
});

async function serve(
  listener: RequestListener,
): Promise<{ target: ConnectionTarget; origin: string }> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const target = connectionTarget({ dialect: 'CLICKHOUSE', host: '127.0.0.1', port });
  return { target, origin: `http://127.0.0.1:${port}` };
}

const open = ({ target, origin }: { target: ConnectionTarget; origin: string }, signal = never) =>
  openHttp(target, { origin, signal, allowCleartext: true });
const get = { method: 'GET', path: '/' } as const;

describe('a session', () => {
  test('keeps its connection over requests, and sends nothing but what it was given', async () => {
    const seen: (number | undefined)[] = [];
    const at = await serve((request, response) => {
      seen.push(request.socket.remotePort);
      response.setHeader('set-cookie', 'a=canary');
      response.end(JSON.stringify(request.headers));
    });
    const http = await open(at);
    const Headers = z.record(z.string(), z.string());
    const first = await (await http.request({ ...get, headers: { 'X-One': '1' } })).json(Headers);
    const second = await (await http.request(get)).json(Headers);
    await http.close();
    expect(new Set(seen).size).toBe(1);
    expect(Object.keys(first).sort()).toEqual(
      ['accept-encoding', 'connection', 'host', 'user-agent', 'x-one'].sort(),
    );
    expect(JSON.stringify(second)).not.toContain('canary');
  });

  test('asks no proxy of the environment', async () => {
    const canary = await startCanary();
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY']) {
      vi.stubEnv(name, `http://127.0.0.1:${canary.port}`);
    }
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    const http = await open(await serve((_request, response) => response.end('{}')));
    expect(await (await http.request(get)).text()).toBe('{}');
    await http.close();
    expect(canary.connections).toBe(0);
    await canary.close();
  });

  test('times its steps, and opens nothing that the policy denies', async () => {
    const at = await serve((_request, response) => response.end());
    const steps: string[] = [];
    const http = await openHttp(at.target, {
      origin: at.origin,
      signal: never,
      allowCleartext: true,
      step: (name, work) => {
        steps.push(name);
        return work();
      },
    });
    await http.close();
    expect(steps).toEqual(['resolve', 'address', 'connect']);
    const egress = createEgressPolicy({ allowCidrs: [], ownEndpoints: [] });
    await expect(open({ ...at, target: { ...at.target, egress } })).rejects.toThrow(
      'ADDRESS_NOT_ALLOWED',
    );
  });

  test.each([
    'http://127.0.0.1:1/path',
    'http://user:secret@127.0.0.1:1',
    'ftp://127.0.0.1',
    'http://127.0.0.1:1?a',
    'nonsense',
  ])('is not opened to %s', async (origin) => {
    const target = connectionTarget({ dialect: 'CLICKHOUSE' });
    await expect(open({ target, origin })).rejects.toThrow('INTERNAL_ERROR');
  });

  test('goes without TLS only for connections that say so', async () => {
    const at = await serve((_request, response) => response.end());
    await expect(openHttp(at.target, { origin: at.origin, signal: never })).rejects.toThrow(
      'INTERNAL_ERROR',
    );
    const connection = { ...at.target.connection, sslEnabled: true };
    await expect(open({ ...at, target: { ...at.target, connection } })).rejects.toThrow(
      'INTERNAL_ERROR',
    );
  });

  test('ends every request at once when it is aborted', async () => {
    const controller = new AbortController();
    const http = await open(await serve(() => undefined), controller.signal);
    const asked = [http.request(get), http.request(get), http.request(get)].map((request) =>
      expect(request).rejects.toThrow('CONNECTION_LOST'),
    );
    controller.abort();
    await Promise.all(asked);
    await expect(http.request(get)).rejects.toThrow('CONNECTION_LOST');
    await http.close();
  });
});

describe('an answer', () => {
  test('comes by lines, whatever the pieces, and as bytes where asked', async () => {
    const http = await open(
      await serve((request, response) => {
        if (request.url !== '/') return void response.end(Buffer.from([0xff, 0x0a, 0xfe]));
        response.write('on');
        setTimeout(() => response.end('e\n\ntwo'), 20);
      }),
    );
    expect(await Array.fromAsync((await http.request(get)).lines(10))).toEqual(['one', '', 'two']);
    const bytes = (await http.request({ ...get, path: '/bytes' })).linePages(10, {
      encoding: 'latin1',
    });
    expect((await Array.fromAsync(bytes)).flat()).toEqual(['\xff', '\xfe']);
    await expect(Array.fromAsync((await http.request(get)).lines(2))).rejects.toThrow(
      'LIMIT_EXCEEDED',
    );
    await http.close();
  });

  test('is limited on the wire and unpacked', async () => {
    const packed = gzipSync('x'.repeat(100_000));
    const http = await open(
      await serve((_request, response) => {
        response.setHeader('content-encoding', 'gzip');
        response.end(packed);
      }),
    );
    const ask = (maxBytes: number) => http.request({ ...get, maxBytes });
    expect(await (await ask(100_000)).text()).toHaveLength(100_000);
    for (const maxBytes of [99_999, packed.length - 1]) {
      await expect((await ask(maxBytes)).text()).rejects.toThrow('LIMIT_EXCEEDED');
    }
    await http.close();
  });

  test('that says it is too long is not waited for; of an error the beginning is read', async () => {
    const http = await open(
      await serve((request, response) => {
        response.writeHead(request.url === '/' ? 200 : 500, { 'content-length': '99999999999' });
        response.write('begun');
      }),
    );
    await expect((await http.request(get)).text()).rejects.toThrow('LIMIT_EXCEEDED');
    const refusal = await http.request({ ...get, path: '/error' });
    expect(await refusal.firstText(100)).toBe('begun');
    await http.close();
  });

  test('that unpacks to nothing, for ever, is limited by what comes over the wire', async () => {
    const gzipHeader = Buffer.from('1f8b0800000000000003', 'hex');
    // RFC 1951, section 3.2.4: a stored block of no bytes, which is not the last one.
    const nothing = Buffer.from('000000ffff', 'hex');
    const http = await open(
      await serve((_request, response) => {
        response.setHeader('content-encoding', 'gzip');
        response.write(gzipHeader);
        response.end(Buffer.concat(Array.from({ length: 200_000 }, () => nothing)));
      }),
    );
    const answer = await http.request({ ...get, maxBytes: 10_000 });
    await expect(answer.text()).rejects.toThrow('LIMIT_EXCEEDED');
    await http.close();
  });

  test('may take its reader as long as he likes, but not its sender', async () => {
    const http = await open(
      await serve((request, response) => {
        response.write('a\n');
        if (request.url === '/') response.end('b\n');
      }),
    );
    const ask = (path: string) => http.request({ ...get, path, timeoutMs: 150 });
    const slowly: string[] = [];
    for await (const line of (await ask('/')).lines(10)) {
      slowly.push(line);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(slowly).toEqual(['a', 'b']);
    await expect((await ask('/never')).text()).rejects.toThrow('TIMEOUT');
    await http.close();
  });

  test('of a header that cannot be sent is not waited for', async () => {
    const http = await open(await serve((_request, response) => response.end()));
    for (const value of ['a\r\nx-b: c', 'a\n', 'ünï€']) {
      const request = http.request({ ...get, headers: { authorization: value } });
      await expect(request).rejects.toThrow('CREDENTIALS_INVALID');
    }
    await http.close();
  });
});
