import { beforeAll, describe, expect, test } from 'vitest';
import { useApi } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { digestTables } from '../support/digest.ts';
import { sendSlab } from '../support/raw-request.ts';
import { makeCallers, type Callers } from './callers.ts';
import { createClient, forAll, type FuzzAnswer } from './client.ts';
import { corpusOf, type HostileRequest } from './corpus.ts';
import { complaintAbout } from './judge.ts';
import { requestOf } from './request.ts';
import { allTargets, type Target } from './targets.ts';

// A3 of the security programme: hostile input is refused by every operation, in the shape of its
// surface, and leaves nothing behind.

const database = useDatabase();
const api = useApi(database);
let callers: Callers;

beforeAll(async () => {
  callers = await makeCallers(api, database);
});

function complaint(target: Target, { request }: HostileRequest, answer: FuzzAnswer): string | null {
  const { status, text } = answer;
  // A head too long is refused by Node, before anybody knows which surface it was meant for.
  if (status === 431) return text === '' ? null : `answered 431 with ${text.slice(0, 100)}`;
  if (status < 400) return `answered ${status} ${text.slice(0, 100)}`;
  return complaintAbout(api.recorder, target, request, answer);
}

describe.each(['public', 'v1', 'keyed', 'trpc'])('over %s', (transport) => {
  const targets = allTargets().filter((target) => target.transport === transport);

  test(`${targets.length} operations refuse sixty hostile requests each, and nothing is changed`, async () => {
    const before = await digestTables(database.pool);
    const client = createClient(api.url, 8);
    const cases = targets.flatMap((target, n) => {
      const own = callers.own[n % callers.own.length];
      return own ? corpusOf(target, own).map((hostile) => ({ target, hostile })) : [];
    });
    const complaints: string[] = [];
    await forAll(cases, 8, async ({ target, hostile }) => {
      const answer = await client.ask(hostile.request, { ...callers.bearer, ...hostile.headers });
      const found = complaint(target, hostile, answer);
      if (found !== null) complaints.push(`${target.procedure}: ${hostile.what}: ${found}`);
    });
    await client.close();
    expect(complaints.length, complaints.slice(0, 30).join('\n')).toBe(0);
    expect(cases.length).toBeGreaterThanOrEqual(60 * targets.length);
    expect(await digestTables(database.pool)).toEqual(before);
  }, 120_000);
});

test('a body of 50 MB is refused by every operation that reads one, before it is sent', async () => {
  const before = await digestTables(database.pool);
  const chunk = Buffer.alloc(65_536, ' ');
  const totalBytes = 50 * 1_024 * 1_024;
  const reading = allTargets().filter(({ method }) => method !== 'GET' && method !== 'DELETE');
  for (const target of reading) {
    const [own] = callers.own;
    const { method, path } = requestOf(target, own ? target.valid(own) : {});
    const head = [
      ...[`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Content-Type: application/json'],
      ...Object.entries(callers.bearer).map(([name, value]) => `${name}: ${value}`),
      `Content-Length: ${totalBytes}`,
    ];
    const { status, sentBytes } = await sendSlab(api.url, head, { totalBytes, chunk });
    expect([target.procedure, status]).toEqual([target.procedure, 413]);
    // What the kernels on the way hold, and no more.
    expect(sentBytes).toBeLessThan(totalBytes / 2);
  }
  expect(await digestTables(database.pool)).toEqual(before);
});
