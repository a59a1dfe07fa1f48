import { describe, expect, test } from 'vitest';
import { useApi } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { badFrames } from './bad-frames.ts';
import { openSocket, statusesIn } from './raw-socket.ts';

// A5 of the security programme: where a request ends is never in doubt. A proxy in front that reads
// a frame in another way than we do would let one client put requests into another's connection.

const database = useDatabase();
const api = useApi(database);

const second = 'GET /api/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

/** What comes back for all of it, sent at once, until the server ends the connection. */
async function send(text: string): Promise<number[]> {
  const raw = await openSocket(api.url);
  raw.socket.write(text, 'latin1');
  await raw.closed;
  return statusesIn(raw);
}

describe('a frame that could be read in two ways', () => {
  test.each(badFrames)('is refused once, and ends the connection: $what', async ({ frame }) => {
    expect(await send(frame + second)).toEqual([400]);
  });
});

test('a whole request before it is answered, and nothing behind it', async () => {
  const first = 'GET /api/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const raw = await openSocket(api.url);
  raw.socket.write(first);
  await expect.poll(() => statusesIn(raw)).toEqual([200]);
  raw.socket.write(`${badFrames[0]?.frame}${second}`);
  await raw.closed;
  expect(statusesIn(raw)).toEqual([200, 400]);
});

test('what is only unusual is answered, so that each refusal above has its one reason', async () => {
  const chunked = [
    'POST /api/v1/auth/login HTTP/1.1',
    ...['Host: localhost', 'Content-Type: application/json', 'Transfer-Encoding: chunked'],
    ...['', '2;name=value', '{}', '0', '', ''],
  ].join('\r\n');
  expect(await send(`\r\n${chunked}${second}`)).toEqual([400, 200]);
});
